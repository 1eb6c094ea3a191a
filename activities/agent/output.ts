/** Whether an answer may be handed on: its form, its contract, what receivers expect, what it claims. */
import type { ContentStore } from '../../contracts/content';
import type { HandoffFailureKind } from '../../contracts/failures';
import { ANSWER_CHARACTERS_PER_TOKEN_MAX, REPORT_CHARACTERS_MAX } from '../../contracts/limits';
import { type Expectation, outputViolations } from '../../contracts/team/expectations';
import type { Phase } from '../../contracts/team/schema';
import { CHECK_TABLE } from '../checks';
import {
  type CheckProblem,
  type CheckSubject,
  type Correction,
  unescapePointer,
} from '../checks/check';

type OutputFailureKind = Exclude<HandoffFailureKind, 'rounds_used_up' | 'truncated'>;

export type Verdict =
  | { accepted: true; output: Record<string, unknown> }
  | {
      accepted: false;
      failure: OutputFailureKind;
      report: string;
      /** Whether it can stand in a conversation, so that the agent is asked to mend it. */
      canStand: boolean;
    };

/** Models like to wrap JSON up; with nothing else around the fence there is no doubt what is meant. */
const FENCED = /^```(?:json)?[ \t]*\r?\n(.*)```$/is;

export async function judgeOutput(
  text: string,
  phase: Phase,
  expectations: Expectation[],
  subject: Omit<CheckSubject, 'output'>,
  content: ContentStore,
): Promise<Verdict> {
  const trimmed = text.trim();
  // The API takes no empty text back.
  if (trimmed === '') return reject('empty_output', [{ path: '', message: 'is empty' }], false);
  const charactersMax = phase.limits.maxOutputTokens * ANSWER_CHARACTERS_PER_TOKEN_MAX;
  if (text.length > charactersMax) {
    const message = `is ${text.length} characters long; ${charactersMax} are the most`;
    return reject('format_violation', [{ path: '', message }], false);
  }
  let value: unknown;
  try {
    value = JSON.parse(FENCED.exec(trimmed)?.[1] ?? trimmed);
  } catch (error) {
    return reject('format_violation', [
      {
        path: '',
        message: `is not JSON (${(error as Error).message}); answer with the JSON alone`,
      },
    ]);
  }
  const broken = outputViolations(phase, expectations, value);
  if (broken.length > 0) {
    const onlyMissing = broken.every(({ keyword }) => keyword === 'required');
    return reject(onlyMissing ? 'missing_fields' : 'format_violation', broken);
  }
  const output = value as Record<string, unknown>;
  const problems: CheckProblem[] = [];
  for (const name of phase.checks) {
    const report = await CHECK_TABLE[name]({ ...subject, output }, content);
    problems.push(...report.problems);
    for (const correction of report.corrections) correct(output, correction);
  }
  if (problems.length > 0) return reject('check_failed', problems);
  return { accepted: true, output };
}

function reject(
  failure: OutputFailureKind,
  problems: { path: string; message: string }[],
  canStand = true,
): Verdict {
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
