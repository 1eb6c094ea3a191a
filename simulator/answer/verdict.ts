import { isSchema } from '../json-schema/supported';
import type { Random } from '../random';
import type { Context } from './context';
import { nameWords } from './fields';

/** What a review decides: mostly to approve, sometimes to send work back, but only once. */
export interface Verdict {
  approves: boolean;
  comments: string[];
}

const REVISE_SHARE = 0.3;

const APPROVING = /approv|accept|^pass|publish|^ok$|^yes$|good/i;
const SENDING_BACK = /revis|reject|fail|change|rework|return|^no$/i;

export function decide(context: Context, random: Random): Verdict {
  const approves = context.isRevision || random.next() >= REVISE_SHARE;
  if (approves) return { approves, comments: [] };
  // The first is the title of the whole.
  const [title, ...sections] = context.headings;
  const headings = sections.length > 0 ? sections : title === undefined ? [] : [title];
  const ids = context.items.flatMap((item) => item.id ?? []);
  const where = headings.length > 0 ? `Section "${random.pick(headings)}"` : 'The text';
  const finding = ids.length > 0 ? ` Finding ${random.pick(ids)} is a good place to begin.` : '';
  return {
    approves,
    comments: [
      `${where}: say for each statement which finding it rests on.${finding}`,
      `${where}: answer the question in the first sentence, then give the support.`,
    ],
  };
}

/** Whether the values of an enum are a verdict. */
export function isVerdict(values: readonly unknown[]): boolean {
  const words = values.filter((value): value is string => typeof value === 'string');
  return (
    words.some((word) => APPROVING.test(word)) && words.some((word) => SENDING_BACK.test(word))
  );
}

/** The value of the enum that says it; sending back for changes rather than rejecting for good. */
export function verdictValue(values: readonly unknown[], verdict: Verdict): unknown {
  const words = values.filter((value): value is string => typeof value === 'string');
  if (verdict.approves) return words.find((word) => APPROVING.test(word));
  return (
    words.find((word) => /revis|change|rework/i.test(word)) ??
    words.find((word) => SENDING_BACK.test(word))
  );
}

/** A boolean that states the verdict, by its name's words; `undefined` for any other. */
export function verdictFlag(words: string, verdict: Verdict): boolean | undefined {
  if (/\b(approved?|accepted?|passe?d?|passes|ok|publishable)\b/.test(words))
    return verdict.approves;
  if (/\b(rejected|revise|revision|rework|blocking|blocked|failed)\b/.test(words)) {
    return !verdict.approves;
  }
  return undefined;
}

/** Whether a schema asks for a verdict, as an enum or as a boolean, anywhere in it. */
export function statesVerdict(schema: unknown, name = ''): boolean {
  if (Array.isArray(schema)) return schema.some((part) => statesVerdict(part, name));
  if (!isSchema(schema)) return false;
  if (Array.isArray(schema.enum) && isVerdict(schema.enum)) return true;
  if (schema.type === 'boolean') return verdictFlag(nameWords(name), APPROVAL) !== undefined;
  return Object.entries(schema).some(([key, part]) => statesVerdict(part, key));
}

const APPROVAL: Verdict = { approves: true, comments: [] };
