import type { Detector } from './detector';

/** A key has many kinds of characters; a run of `x` is a placeholder. */
const CHARACTERS_LEAST = 8;

export const privateKey: Detector = {
  name: 'private key',
  category: 'credentials',
  // What follows the line is part of the key; a mention in a text has no such line.
  candidates:
    /-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:\r?\n|\\n){1,2}([\w+/=:,.\- ]{12,64})/g,
  isOne: (_candidate, [, begin = '']) => new Set(begin).size >= CHARACTERS_LEAST,
};
