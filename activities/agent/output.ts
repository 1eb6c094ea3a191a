/** Whether an answer may be handed on: its form, its contract, what receivers expect, what it claims. */
import type { ContentStore } from '../../contracts/content';
import type { HandoffFailureKind } from '../../contracts/failures';
import { REPORT_CHARACTERS_MAX } from '../../contracts/limits';
import { type Expectation, outputViolations } from '../../contracts/team/expectations';
import type { Phase } from '../../contracts/team/schema';
import { CHECK_TABLE } from '../checks';
import {
  type CheckProblem,
  type CheckSubject,
  type Correction,
  unescapePointer,
} from '../checks/check';

export type Verdict =
  | { accepted: true; output: Record<string, unknown> }
  | { accepted: false; failure: HandoffFailureKind; report: string };

export async function judgeOutput(
  text: string,
  phase: Phase,
  expectations: Expectation[],
  subject: Omit<CheckSubject, 'output'>,
  content: ContentStore,
): Promise<Verdict> {
  if (text.trim() === '') return reject('empty_output', [{ path: '', message: 'is empty' }]);
  let value: unknown;
  try {
    value = JSON.parse(text);
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
  failure: HandoffFailureKind,
  problems: { path: string; message: string }[],
): Verdict {
  const lines = problems.map(({ path, message }) => `- ${path || 'the answer'} ${message}`);
  return { accepted: false, failure, report: lines.join('\n').slice(0, REPORT_CHARACTERS_MAX) };
}

function correct(output: Record<string, unknown>, { path, value }: Correction): void {
  const keys = path.split('/').slice(1).map(unescapePointer);
  const last = keys.pop();
  let target: unknown = output;
  for (const key of keys) target = (target as Record<string, unknown>)[key];
  if (last !== undefined) (target as Record<string, unknown>)[last] = value;
}
