/**
 * What finds data of a category in a text: candidates by a pattern, each then verified. One file per
 * detector in this folder, listed in `index.ts`.
 *
 * 1. Every repetition of a pattern is bounded, and no two neighbours can match the same character:
 *    the time grows with the text alone.
 * 2. A candidate has at most `CANDIDATE_CHARACTERS_MAX` characters.
 */
import type { DataCategory } from '../../contracts/categories';

export interface Detector {
  /** Stands in grounds: `detected email address`. */
  name: string;
  category: DataCategory;
  /** Global. */
  candidates: RegExp;
  /** Whether a candidate is what it looks like. Left out: the pattern alone says so. */
  isOne?(candidate: string, match: RegExpExecArray): boolean;
}

export const CANDIDATE_CHARACTERS_MAX = 400;

/** Not in the middle of a word, a number, a path or a name with dots. */
export const APART_BEFORE = String.raw`(?<![\w.@/+-])`;
export const APART_AFTER = String.raw`(?![\w@/+=]|[.-]\w)`;

/** What follows a word that says what it is, such as `Tel.: ` or `"phone": "`. */
export const labelled = (labels: string, value: string): RegExp =>
  new RegExp(String.raw`\b(?:${labels})\b[^\w\n+(]{1,6}(${value})${APART_AFTER}`, 'giu');
