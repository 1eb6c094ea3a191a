import type { FailureKind } from '../../contracts/failures';
import type { RecoveryAction } from '../../contracts/recoveries';
import {
  begin,
  claimOf,
  eventsOf,
  openedRun,
  openRun,
  openTestLedger,
  recordEvents,
  roundOf,
  type TestLedger,
} from '../support/test-ledger';

const DAY_MS = 86_400_000;
const LAST_WEEK = new Date(Date.now() - 7 * DAY_MS);

let test: TestLedger;
beforeEach(async () => {
  test = await openTestLedger();
});
afterEach(() => test.drop());

/** A run with one model step that noted these, each as often as it stands there. */
async function runThatNoted(
  workflowId: string,
  noted: [FailureKind, RecoveryAction][],
  team = 'test',
) {
  const { plan } = openedRun({ namespace: 'default', workflowId, firstRunId: 'f' });
  const run = await openRun(test, { workflowId, plan: { ...plan, team } });
  const round = roundOf(run);
  const claim = claimOf(round, await begin(test, round));
  await test.ledger.claimStep(claim);
  for (const [failure, action] of noted)
    await test.ledger.noteRecovery({ round, stepKey: claim.stepKey, failure, action });
  return run;
}

const taken = (failure: FailureKind, action: RecoveryAction, count: number, noted?: true) => ({
  type: 'recovery_taken' as const,
  phase: 'research',
  ...{ failure, action, count },
  ...(noted ? { noted } : {}),
});
const opened = { type: 'run_opened' as const, budgetMicroUsd: 9, phases: ['research', 'writing'] };

const counted = async (filter: { since?: Date; team?: string } = {}) =>
  (await test.reader.recoveries(filter)).map(({ point, failure, action, count, runs }) => [
    `${point} ${failure} ${action}`,
    count,
    runs,
  ]);

describe('recoveries across runs', () => {
  it('are counted by failure and action: those of steps, and those that workflows took', async () => {
    const one = await runThatNoted('one', [
      ['overloaded', 'retry'],
      ['overloaded', 'retry'],
      ['malformed_answer', 'repair_turn'],
    ]);
    await runThatNoted('two', [['overloaded', 'retry']]);
    // The workflow tells of what the step has noted, and takes one of its own.
    const events = eventsOf(
      1,
      opened,
      taken('overloaded', 'retry', 2, true),
      taken('malformed_answer', 'repair_turn', 1, true),
      taken('check_failed', 'check_report', 1),
      taken('check_failed', 'check_report', 1),
    );
    await recordEvents(test.ledger, one, events);
    expect(await counted()).toEqual([
      ['model overloaded retry', 3, 2],
      ['handoff check_failed check_report', 2, 1],
      ['model malformed_answer repair_turn', 1, 1],
    ]);
    const found = await test.reader.recoveries({});
    expect(found[1]?.lastAt).toBe(new Date(events.at(-1)?.at ?? 0).toISOString());
  });

  it('are those of last week, or of one team, where that is asked', async () => {
    const run = await runThatNoted('one', [['overloaded', 'retry']], 'mine');
    await test.rows(`UPDATE step_recoveries SET at = now() - interval '8 days'`);
    await runThatNoted('two', [['stalled', 'retry']], 'yours');
    // Its events are of 2023.
    await recordEvents(test.ledger, run, eventsOf(1, opened, taken('loop', 'answer_now', 1)));
    expect(await counted({ since: LAST_WEEK })).toEqual([['model stalled retry', 1, 1]]);
    expect(await counted({ team: 'mine' })).toEqual([
      ['model loop answer_now', 1, 1],
      ['model overloaded retry', 1, 1],
    ]);
    expect(await counted({ team: 'mine', since: LAST_WEEK })).toEqual([]);
  });

  it('stand beside the step that took them, and not beside another', async () => {
    await runThatNoted('one', [
      ['stalled', 'retry'],
      ['overloaded', 'retry'],
      ['overloaded', 'retry'],
    ]);
    await runThatNoted('two', []);
    const steps = await test.reader.invocations({ limit: 10 });
    expect(steps.map(({ run, recoveries }) => [run, recoveries])).toEqual([
      ['two', []],
      [
        'one',
        [
          { failure: 'stalled', action: 'retry', count: 1 },
          { failure: 'overloaded', action: 'retry', count: 2 },
        ],
      ],
    ]);
  });
});
