/** What a semantic check of an output is. One file per check, registered in `index.ts`. */
import type { ContentStore, Sha256 } from '../../contracts/content';
import type { DocumentManifest } from '../../contracts/documents';

export interface CheckSubject {
  output: Record<string, unknown>;
  /** Outputs of the phases that this one builds on, by phase. */
  inputs: Record<string, unknown>;
  documents: DocumentManifest | undefined;
  question: string;
  /** What tools gave back in this round, as their agent was told. */
  toolResults: string[];
  /** Which the phase writes in, where it says so: a code of ISO 639-3. */
  language?: string;
  text(textSha256: Sha256): Promise<string>;
}

export interface CheckProblem {
  /** JSON pointer into the output. */
  path: string;
  message: string;
}

/** What code can put right by itself, e.g. a line number. */
export interface Correction {
  path: string;
  value: unknown;
}

export interface CheckReport {
  problems: CheckProblem[];
  corrections: Correction[];
}

export type Check = (subject: CheckSubject, content: ContentStore) => Promise<CheckReport>;

/** Calls `visit` for every object in a JSON value, with its JSON pointer. */
export function visitObjects(
  value: unknown,
  visit: (object: Record<string, unknown>, path: string) => void,
  path = '',
): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Record<string, unknown>, path);
  for (const [key, member] of Object.entries(value))
    visitObjects(member, visit, `${path}/${escapePointer(key)}`);
}

/** Calls `visit` for every text and number, with its JSON pointer and the property that it belongs to. */
export function visitLeaves(
  value: unknown,
  visit: (leaf: string | number, path: string, name: string) => void,
  path = '',
  name = '',
): void {
  if (typeof value === 'string' || typeof value === 'number') visit(value, path, name);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value))
    visitLeaves(member, visit, `${path}/${escapePointer(key)}`, Array.isArray(value) ? name : key);
}

/** A property's name as a part of a JSON pointer (RFC 6901). */
export const escapePointer = (name: string): string =>
  name.replaceAll('~', '~0').replaceAll('/', '~1');

export const unescapePointer = (part: string): string =>
  part.replaceAll('~1', '/').replaceAll('~0', '~');
