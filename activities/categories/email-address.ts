import isEmail from 'validator/lib/isEmail';
import { APART_AFTER, type Detector } from './detector';

/** Domains that are kept for examples (RFC 2606) belong to nobody. */
const EXAMPLE = /(?:^|[@.])(?:example(?:\.[a-z]{2,3})?|test|invalid|localhost|local)$/i;
/** Nobody reads these. */
const NOBODY = /^(?:no-?reply|do-?not-?reply|git)@/i;

/** `user@host` in a URL and `git@host:path` are no mail addresses: the one follows `//` or `:`, the other stands before a colon. */
export const emailAddress: Detector = {
  name: 'email address',
  category: 'personal',
  candidates: new RegExp(
    String.raw`(?<![\w.%+@/:-])[\w.%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}(?!:\w)${APART_AFTER}`,
    'g',
  ),
  isOne: (candidate) => !EXAMPLE.test(candidate) && !NOBODY.test(candidate) && isEmail(candidate),
};
