/** Data categories as they are seen in content. What cannot be seen is declared, on sources and teams. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Categories } from '../../contracts/categories';
import { accessTokens } from './access-token';
import { bankAccount } from './bank-account';
import { confidentialMarking } from './confidential-marking';
import { CANDIDATE_CHARACTERS_MAX, type Detector } from './detector';
import { emailAddress } from './email-address';
import { identityNumbers } from './identity-number';
import { passwordInUrl } from './password-in-url';
import { paymentCard } from './payment-card';
import { americanPhoneNumber, internationalPhoneNumber, labelledPhoneNumber } from './phone-number';
import { privateKey } from './private-key';

export const DETECTORS: readonly Detector[] = [
  emailAddress,
  internationalPhoneNumber,
  americanPhoneNumber,
  labelledPhoneNumber,
  ...identityNumbers,
  bankAccount,
  paymentCard,
  privateKey,
  ...accessTokens,
  passwordInUrl,
  confidentialMarking,
];

/** Changes whenever the same text may give others: what was detected before is then detected anew. */
export const DETECTORS_VERSION = '1';

/** Scanned in one go: a few milliseconds in which nothing else is done. */
const PIECE_CHARACTERS = 100_000;

/** What a text holds, with the detectors that say so. Linear in its length. */
export function detect(text: string): Categories {
  const scan = new Scan();
  for (const piece of pieces(text)) scan.look(piece);
  return scan.found;
}

/** The same of any JSON value, member by member; the event loop goes on meanwhile. */
export async function detectIn(value: unknown): Promise<Categories> {
  const scan = new Scan();
  for (const piece of pieces(typeof value === 'string' ? value : textOf(value))) {
    scan.look(piece);
    await breathe();
  }
  return scan.found;
}

class Scan {
  readonly found: Categories = {};

  look(piece: string): void {
    for (const detector of DETECTORS) {
      const { category, name } = detector;
      const grounds = this.found[category] ?? [];
      const ground = `detected ${name}`;
      if (grounds.includes(ground) || !isIn(piece, detector)) continue;
      this.found[category] = [...grounds, ground];
    }
  }
}

function isIn(piece: string, { candidates, isOne }: Detector): boolean {
  for (const match of piece.matchAll(candidates))
    if (isOne === undefined || isOne(match[0], match)) return true;
  return false;
}

/**
 * Cut where a word ends, so that no part of a longer number is taken for a number; they overlap by
 * what a candidate may have.
 */
function* pieces(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = wordEnd(text, start + PIECE_CHARACTERS);
    yield text.slice(start, end);
    if (end >= text.length) return;
    start = wordEnd(text, end - CANDIDATE_CHARACTERS_MAX);
  }
}

/** The next end of a word, as far as a candidate reaches; there where there is none. */
function wordEnd(text: string, from: number): number {
  if (from >= text.length) return text.length;
  const found = /\s/.exec(text.slice(from, from + CANDIDATE_CHARACTERS_MAX / 2));
  return from + (found?.index ?? 0);
}

/** Each member on a line behind its name, as it would stand in a form. */
function textOf(value: unknown): string {
  const lines: string[] = [];
  const waiting: [name: string, value: unknown][] = [['', value]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, member] = next;
    if (Array.isArray(member)) waiting.push(...member.map((one): [string, unknown] => [name, one]));
    else if (typeof member === 'object' && member !== null) waiting.push(...Object.entries(member));
    else lines.push(`${name}: ${String(member)}`);
  }
  return lines.join('\n');
}
