import type { Detector } from './detector';

/** A line that is nothing but the marking of its document, or one of the Traffic Light Protocol. */
export const confidentialMarking: Detector = {
  name: 'confidential marking',
  category: 'confidential',
  candidates:
    /^[ \t*#_>=-]{0,8}(?:(?:strictly |company |commercial[- ]in[- ]|private (?:and|&) |privileged (?:and|&) |streng )?confidential|(?:streng )?vertraulich|TLP:(?:RED|AMBER(?:\+STRICT)?))[ \t.!*#_=-]{0,8}$/gim,
};
