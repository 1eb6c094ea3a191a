import isMobilePhone from 'validator/lib/isMobilePhone';
import { APART_AFTER, type Detector, labelled } from './detector';

/** Digits of a number with its country: the shortest in use, and the longest that there may be (ITU-T E.164). */
const DIGITS = { min: 9, max: 15 };
const SPACED = String.raw`[0-9](?:[ .\/()\u00a0-]{0,3}[0-9]){6,16}`;

/** Country codes that are assigned (ITU-T E.164, list of 2016 with its amendments), as prefixes. */
const COUNTRY =
  /^(?:1|7|20|21[12368]|22\d|23\d|24\d|25[0-8]|26\d|27|29[0179]|3[0-469]|35\d|37[0-8]|38[0-35-79]|4[013-9]|42[013]|5[1-8]|50\d|59\d|6[0-6]|67[02-9]|68[0-35-9]|69[0-2]|8[1246]|850|85[2356]|88[06]|9[0-58]|96[0-8]|97[0-79]|99[2-68])/;

const digitsOf = (candidate: string): string => candidate.replace(/\D/g, '');

function isInternational(candidate: string): boolean {
  const digits = digitsOf(candidate);
  return digits.length >= DIGITS.min && digits.length <= DIGITS.max && COUNTRY.test(digits);
}

/** `+49 30 901820`: with its country, anywhere. */
export const internationalPhoneNumber: Detector = {
  name: 'phone number',
  category: 'personal',
  candidates: new RegExp(String.raw`(?<![\w.+/-])\+${SPACED}${APART_AFTER}`, 'g'),
  isOne: isInternational,
};

/** `(212) 736-5000`: as it is written in North America, with its signs. */
export const americanPhoneNumber: Detector = {
  name: 'phone number',
  category: 'personal',
  candidates: new RegExp(
    String.raw`(?<![\w.+/-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}-)\d{3}-\d{4}${APART_AFTER}`,
    'g',
  ),
  isOne: (candidate) => isMobilePhone(digitsOf(candidate), 'en-US'),
};

/** `Tel. 030 901820`: said to be one. */
export const labelledPhoneNumber: Detector = {
  name: 'phone number',
  category: 'personal',
  candidates: labelled(
    'phone(?: ?(?:number|no))?|telephone|mobile|tel|telefon|handy|mobil|fax|téléphone|teléfono|telefono',
    `[+(]?${SPACED}`,
  ),
  isOne: (_candidate, [, number = '']) => digitsOf(number).length <= DIGITS.max,
};
