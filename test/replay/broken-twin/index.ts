/**
 * `teamRun` as a careless change leaves it: it waits a moment before it opens the run, which no
 * recorded history did.
 */
import { sleep } from '@temporalio/workflow';
import type { TeamRunStart } from '../../../contracts/run';
import type { RunEnd } from '../../../contracts/run-status';
import { teamRun as sound } from '../../../workflows';

export async function teamRun(start: TeamRunStart): Promise<RunEnd> {
  await sleep(1);
  return sound(start);
}
