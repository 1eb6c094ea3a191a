/**
 * Numbers by which states know people. Those whose form and check character hardly come about by
 * chance are found anywhere; those of digits alone only where a word says what they are.
 */
import isIdentityCard from 'validator/lib/isIdentityCard';
import isTaxID from 'validator/lib/isTaxID';
import { APART_AFTER, APART_BEFORE, type Detector, labelled } from './detector';

interface Form {
  form: string;
  isOne(digits: string): boolean;
}

const ANYWHERE: Record<string, Form> = {
  'Spanish identity number': {
    form: String.raw`(?:\d{8}|[XYZ]\d{7})-?[A-HJ-NP-TV-Z]`,
    isOne: (value) => isIdentityCard(value, 'ES'),
  },
  'Italian fiscal code': {
    form: String.raw`[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]`,
    isOne: (value) => isTaxID(value, 'it-IT'),
  },
  'Finnish identity number': {
    form: String.raw`[0-3]\d[01]\d{3}[-A+]\d{3}[0-9A-FHJ-NPR-Y]`,
    isOne: (value) => isIdentityCard(value, 'FI'),
  },
  'Chinese identity number': {
    form: String.raw`[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dX]`,
    isOne: (value) => isIdentityCard(value, 'zh-CN'),
  },
};

/** With the words that say what follows. */
const WHERE_SAID: Record<string, Form & { labels: string }> = {
  'US social security number': {
    labels: 'ssn|social security(?: ?(?:number|no))?',
    form: String.raw`\d{3}-\d{2}-\d{4}|\d{9}`,
    isOne: (value) =>
      /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(value.replaceAll('-', '')),
  },
  'British national insurance number': {
    labels: 'nino?|ni ?(?:number|no)|national insurance(?: ?(?:number|no))?',
    form: String.raw`[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]`,
    isOne: () => true,
  },
  'German tax number': {
    labels: 'steuer-?(?:id|identifikationsnummer)|idnr|tax ?(?:id|number)',
    form: String.raw`\d{2} ?\d{3} ?\d{3} ?\d{3}`,
    isOne: (value) => isTaxID(value.replaceAll(' ', ''), 'de-DE'),
  },
  'Polish identity number': {
    labels: 'pesel',
    form: String.raw`\d{11}`,
    isOne: (value) => isIdentityCard(value, 'PL'),
  },
  'Norwegian identity number': {
    labels: 'fødselsnummer|personnummer|fnr',
    form: String.raw`\d{6} ?\d{5}`,
    isOne: (value) => isIdentityCard(value.replaceAll(' ', ''), 'NO'),
  },
  'Indian identity number': {
    labels: 'aadhaar|aadhar',
    form: String.raw`\d{4} ?\d{4} ?\d{4}`,
    isOne: (value) => isIdentityCard(value.replaceAll(' ', ''), 'IN'),
  },
};

const found = (name: string, { form, isOne }: Form): Detector => ({
  name,
  category: 'personal',
  candidates: new RegExp(`${APART_BEFORE}(?:${form})${APART_AFTER}`, 'g'),
  isOne,
});

const foundWhereSaid = (
  name: string,
  { labels, form, isOne }: Form & { labels: string },
): Detector => ({
  name,
  category: 'personal',
  candidates: labelled(labels, form),
  isOne: (_candidate, [, value = '']) => isOne(value.toUpperCase()),
});

export const identityNumbers: readonly Detector[] = [
  ...Object.entries(ANYWHERE).map(([name, form]) => found(name, form)),
  ...Object.entries(WHERE_SAID).map(([name, form]) => foundWhereSaid(name, form)),
];
