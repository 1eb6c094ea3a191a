import isIBAN from 'validator/lib/isIBAN';
import { APART_AFTER, APART_BEFORE, type Detector } from './detector';

/** In one piece or in fours; length by country and check digits are verified. */
export const bankAccount: Detector = {
  name: 'bank account (IBAN)',
  category: 'financial',
  candidates: new RegExp(
    String.raw`${APART_BEFORE}[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)${APART_AFTER}`,
    'g',
  ),
  // Words in capitals after one in fours look like more of it.
  isOne: (candidate) => {
    const groups = candidate.split(' ');
    return groups.some((_, left) => isIBAN(groups.slice(0, groups.length - left).join('')));
  },
};
