import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { FAULTS_COUNT_MAX } from '../limits';
import { type Fault, faultSchema } from './kinds';

/**
 * Reads a scenario: a JSON file with a list of faults, armed in its order.
 * @throws Error with one sentence that names the file, the place and what is wrong there.
 */
export function readScenario(file: string): Fault[] {
  const wrong = (what: string): Error =>
    new Error(`The scenario ${file} ${what}; write a JSON list of faults (docs/simulator.md).`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong(`is not JSON (${error.message})`);
    throw wrong(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const parsed = z.array(faultSchema).max(FAULTS_COUNT_MAX).safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.length ? `at ${issue.path.join('/')}` : 'at its root';
  throw wrong(`is wrong ${place}: ${issue?.message}`);
}
