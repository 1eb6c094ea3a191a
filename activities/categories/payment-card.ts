import isCreditCard from 'validator/lib/isCreditCard';
import { APART_AFTER, APART_BEFORE, type Detector } from './detector';

/** In one piece, or in the groups that are printed; issuer and check digit are verified. */
export const paymentCard: Detector = {
  name: 'payment card',
  category: 'financial',
  candidates: new RegExp(
    String.raw`${APART_BEFORE}(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|3\d{3}([ -])\d{6}\2\d{5}|\d{15,16})${APART_AFTER}`,
    'g',
  ),
  isOne: (candidate) => {
    const digits = candidate.replace(/\D/g, '');
    return isCreditCard(digits) && new Set(digits).size > 2;
  },
};
