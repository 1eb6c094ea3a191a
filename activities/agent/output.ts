/** Whether an answer may be handed on: its form, its contract, what receivers expect, what it claims. */
import type { ContentStore } from '../../contracts/content';
import type { HandoffFailureKind } from '../../contracts/failures';
import { ANSWER_CHARACTERS_PER_TOKEN_MAX, REPORT_CHARACTERS_MAX } from '../../contracts/limits';
import type { Violation } from '../../contracts/team/contract';
import {
  contractViolations,
  type Expectation,
  outputViolations,
} from '../../contracts/team/expectations';
import { CHECKS, type CheckName, type JsonSchema, type Phase } from '../../contracts/team/schema';
import { CHECK_TABLE } from '../checks';
import {
  type CheckProblem,
  type CheckSubject,
  type Correction,
  unescapePointer,
} from '../checks/check';

type OutputFailureKind = Exclude<HandoffFailureKind, 'rounds_used_up' | 'truncated'>;

export type Verdict = { accepted: true; output: Record<string, unknown> } | Rejection;

interface Rejection {
  accepted: false;
  failure: OutputFailureKind;
  report: string;
  /** Whether it can stand in a conversation, so that the agent is asked to mend it. */
  canStand: boolean;
  /** Where only its checks failed. */
  output?: Record<string, unknown>;
}

/** Models like to wrap JSON up; with nothing else around the fence there is no doubt what is meant. */
const FENCED = /^```(?:json)?[ \t]*\r?\n(.*)```$/is;

/** What an answer is held against. */
export interface Judging {
  phase: Phase;
  expectations: Expectation[];
  subject: Omit<CheckSubject, 'output'>;
  content: ContentStore;
  /** What its model call could give at most. */
  maxOutputTokens: number;
}

/** An answer that is the whole output. */
export async function judgeOutput(text: string, judging: Judging): Promise<Verdict> {
  const read = readAnswer(text, judging.maxOutputTokens);
  return 'value' in read ? judgeValue(read.value, judging) : read;
}

/** An answer that is one part of an output; its checks wait for the whole. */
export function judgePart(text: string, part: JsonSchema, maxOutputTokens: number): Verdict {
  const read = readAnswer(text, maxOutputTokens);
  if (!('value' in read)) return read;
  const broken = contractViolations(part, read.value);
  return rejectBroken(broken) ?? { accepted: true, output: read.value as Record<string, unknown> };
}

/** @param value what the answer says; lines and the like are put right in it */
export async function judgeValue(
  value: unknown,
  { phase, expectations, subject, content }: Omit<Judging, 'maxOutputTokens'>,
): Promise<Verdict> {
  const broken = rejectBroken(outputViolations(phase, expectations, value));
  if (broken) return broken;
  const output = value as Record<string, unknown>;
  const problems: CheckProblem[] = [];
  for (const [name, askedBy] of checksOf(phase, expectations)) {
    const report = await CHECK_TABLE[name]({ ...subject, output }, content);
    problems.push(
      ...report.problems.map(({ path, message }) => ({ path, message: message + askedBy })),
    );
    for (const correction of report.corrections) correct(output, correction);
  }
  if (problems.length > 0) return { ...reject('check_failed', problems), output };
  return { accepted: true, output };
}

/** Each check once; those that only receivers ask for, with their names. */
function checksOf(phase: Phase, expectations: Expectation[]): Map<CheckName, string> {
  const asked = new Map<CheckName, string>(phase.checks.map((name) => [name, '']));
  for (const name of CHECKS) {
    const receivers = expectations
      .filter(({ checks = [] }) => checks.includes(name))
      .map(({ receiver }) => receiver);
    if (receivers.length > 0 && !asked.has(name))
      asked.set(name, ` (expected by ${receivers.join(', ')})`);
  }
  return asked;
}

function readAnswer(text: string, maxOutputTokens: number): { value: unknown } | Rejection {
  const trimmed = text.trim();
  // The API takes no empty text back.
  if (trimmed === '') return reject('empty_output', [{ path: '', message: 'is empty' }], false);
  const charactersMax = maxOutputTokens * ANSWER_CHARACTERS_PER_TOKEN_MAX;
  if (text.length > charactersMax) {
    const message = `is ${text.length} characters long; ${charactersMax} are the most`;
    return reject('format_violation', [{ path: '', message }], false);
  }
  try {
    return { value: JSON.parse(FENCED.exec(trimmed)?.[1] ?? trimmed) };
  } catch (error) {
    const message = `is not JSON (${(error as Error).message}); answer with the JSON alone`;
    return reject('format_violation', [{ path: '', message }]);
  }
}

function rejectBroken(broken: Violation[]): Rejection | undefined {
  if (broken.length === 0) return undefined;
  const onlyMissing = broken.every(({ keyword }) => keyword === 'required');
  return reject(onlyMissing ? 'missing_fields' : 'format_violation', broken);
}

function reject(
  failure: OutputFailureKind,
  problems: { path: string; message: string }[],
  canStand = true,
): Rejection {
  const lines = problems.map(({ path, message }) => `- ${path || 'the answer'} ${message}`);
  const report = lines.join('\n').slice(0, REPORT_CHARACTERS_MAX);
  return { accepted: false, failure, report, canStand };
}

function correct(output: Record<string, unknown>, { path, value }: Correction): void {
  const keys = path.split('/').slice(1).map(unescapePointer);
  const last = keys.pop();
  let target: unknown = output;
  for (const key of keys) target = (target as Record<string, unknown>)[key];
  if (last !== undefined) (target as Record<string, unknown>)[last] = value;
}
