import { runKey } from '../../contracts/ids';
import type { RunEndStatus } from '../../contracts/run-status';
import { OTHER_SHA256, phasePlan, runPlan, SOME_SHA256 } from '../support/plans';
import {
  closingOf,
  eventsOf,
  openedRun,
  openRun,
  openTestLedger,
  recordEvents,
  runId,
  TEMPORAL_RUN,
  type TestLedger,
} from '../support/test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

const rowOf = async (run: ReturnType<typeof runId>) =>
  (
    await test.rows<Record<string, unknown>>('SELECT * FROM runs WHERE run_key = $1', [runKey(run)])
  )[0];
const close = (run: ReturnType<typeof runId>, status: RunEndStatus) =>
  test.ledger.closeRun(closingOf(run, status));

describe('opening a run', () => {
  it('puts down who asked what of which team, and that it has not begun', async () => {
    const run = runId('key:1');
    const opened = openedRun(run, { documentsSha256: OTHER_SHA256, user: 'u-1', provider: 'x' });
    expect(await test.ledger.openRun(opened)).toMatchObject({ outcome: 'opened' });
    expect(await rowOf(run)).toMatchObject({
      run_key: 'default/key%3A1/first-key%3A1',
      workflow_id: 'key:1',
      first_run_id: 'first-key:1',
      team: 'test',
      team_version: '1.0.0',
      user_id: 'u-1',
      provider: 'x',
      status: 'queued',
      state_version: 0,
      budget_micro_usd: '1000000',
      documents_sha256: OTHER_SHA256,
      plan: opened.plan,
      ended_at: null,
      closed_at: null,
    });
  });

  it('changes nothing when it comes again, also after events', async () => {
    const run = await openRun(test);
    await recordEvents(
      test.ledger,
      run,
      eventsOf(1, { type: 'run_opened', budgetMicroUsd: 5, phases: ['research'] }),
    );
    const before = await rowOf(run);
    const plan = runPlan([phasePlan('other')]);
    expect(await test.ledger.openRun(openedRun(run, { plan }))).toMatchObject({
      outcome: 'opened',
    });
    expect(await rowOf(run)).toEqual(before);
  });

  it.each<[RunEndStatus, 'opened' | 'key_ended']>([
    ['completed', 'key_ended'],
    ['completed_with_limitations', 'key_ended'],
    ['budget_exhausted', 'key_ended'],
    ['rejected', 'key_ended'],
    ['stopped', 'key_ended'],
    ['failed', 'opened'],
    ['refused', 'opened'],
  ])('under the key of a run that %s is %s', async (status, answer) => {
    const run = await openRun(test);
    await close(run, status);
    const again = { ...run, firstRunId: `second-${run.workflowId}` };
    expect(await test.ledger.openRun(openedRun(again))).toMatchObject({ outcome: answer });
    expect(await rowOf(again)).toEqual(answer === 'opened' ? expect.anything() : undefined);
  });

  it('is the same run when it was opened and closed already', async () => {
    const run = await openRun(test);
    await close(run, 'completed');
    expect(await test.ledger.openRun(openedRun(run))).toMatchObject({ outcome: 'opened' });
    expect(await rowOf(run)).toMatchObject({ status: 'completed' });
  });

  it('does not mind a run of that key in another namespace', async () => {
    const run = await openRun(test);
    await close(run, 'completed');
    const elsewhere = { ...run, namespace: 'another', firstRunId: 'x' };
    expect(await test.ledger.openRun(openedRun(elsewhere))).toMatchObject({ outcome: 'opened' });
  });
});

describe('refusing a run', () => {
  const refuse = (run: ReturnType<typeof runId>, explanation: string) => {
    const { plan: _plan, ...refused } = openedRun(run);
    return test.ledger.refuseRun(
      { ...refused, team: 'report', version: 'unknown', budgetMicroUsd: 7 },
      explanation,
    );
  };

  it('puts down why, as a run that has ended and lets nothing be claimed', async () => {
    const run = runId();
    await refuse(run, 'The input was never stored.');
    expect(await rowOf(run)).toMatchObject({
      status: 'refused',
      team: 'report',
      explanation: 'The input was never stored.',
      budget_micro_usd: '7',
      ended_at: expect.any(Date),
      closed_at: expect.any(Date),
    });
    expect(await test.reader.getRun(run.workflowId)).toMatchObject({
      status: 'refused',
      explanation: 'The input was never stored.',
      question: '',
      phases: [],
    });
  });

  it('changes nothing when it comes again', async () => {
    const run = runId();
    await refuse(run, 'first');
    await refuse(run, 'second');
    expect(await rowOf(run)).toMatchObject({ explanation: 'first' });
  });

  it('may quote what cannot be stored', async () => {
    const run = runId();
    await refuse(run, 'The phase "a\0b" is none.');
    expect(await rowOf(run)).toMatchObject({ explanation: 'The phase "a\ufffdb" is none.' });
  });
});

describe('closing a run', () => {
  it('puts down how and when it ended, with its result and history', async () => {
    const run = await openRun(test);
    await test.ledger.closeRun(
      closingOf(run, 'completed_with_limitations', { historySha256: OTHER_SHA256 }),
    );
    expect(await rowOf(run)).toMatchObject({
      status: 'completed_with_limitations',
      result_sha256: SOME_SHA256,
      ended_at: expect.any(Date),
      closed_at: expect.any(Date),
    });
    expect(await test.ledger.historiesOf(run)).toEqual([
      { temporalRunId: TEMPORAL_RUN, historySha256: OTHER_SHA256 },
    ]);
  });

  it('keeps the time of its end when it comes again', async () => {
    const run = await openRun(test);
    await close(run, 'failed');
    const before = await rowOf(run);
    await close(run, 'failed');
    expect(await rowOf(run)).toEqual(before);
  });
});

describe('texts that cannot be stored', () => {
  it('are refused in words', async () => {
    await expect(openRun(test, { user: 'a\0b' })).rejects.toMatchObject({
      kind: 'bad_input',
      message: expect.stringMatching(/cannot be stored, such as U\+0000/),
    });
    await expect(
      openRun(test, { plan: runPlan([], { team: 'a', version: 'b\0' }) }),
    ).rejects.toMatchObject({ kind: 'bad_input' });
  });
});
