import { runKey } from '../../contracts/ids';
import type { RunEventBody } from '../../contracts/run-state';
import {
  closingOf,
  eventsOf,
  openRun,
  openTestLedger,
  outboxOf,
  recordEvents,
  type TestLedger,
} from '../support/test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

const OPENED: RunEventBody = { type: 'run_opened', budgetMicroUsd: 9, phases: ['research'] };
const STARTED: RunEventBody = {
  type: 'phase_started',
  phase: 'research',
  round: 1,
  allowanceMicroUsd: 5,
};
const ENDED: RunEventBody = { type: 'run_ended', status: 'stopped' };

describe('rebuilding a closed run', () => {
  it.each<[string, RunEventBody[]]>([
    ['do not tell its end', [OPENED, STARTED]],
    ['tell another end', [OPENED, { ...ENDED, status: 'failed', failure: 'ended_outside' }]],
  ])('is refused where its histories %s, and nothing of it changes', async (_, told) => {
    const run = await openRun(test);
    const events = eventsOf(1, OPENED, STARTED, ENDED);
    await recordEvents(test.ledger, run, events.slice(0, 2));
    await test.ledger.closeRun(closingOf(run, 'stopped', outboxOf(run, events)));
    const versions = () =>
      test.rows('SELECT version, event FROM run_events WHERE run_key = $1 ORDER BY version', [
        runKey(run),
      ]);
    const before = await versions();
    const rebuilding = test.ledger.rebuild(run, async () => ({
      events: eventsOf(1, ...told),
      complete: true,
    }));
    await expect(rebuilding).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(/do not tell the end with which it was closed \(stopped\)/),
    });
    expect(await versions()).toEqual(before);
  });

  it('finds it as it was where they tell its end', async () => {
    const run = await openRun(test);
    const events = eventsOf(1, OPENED, STARTED, ENDED);
    await test.ledger.closeRun(closingOf(run, 'stopped', outboxOf(run, events)));
    expect(await test.ledger.rebuild(run, async () => ({ events, complete: true }))).toMatchObject({
      equal: true,
      versions: 3,
    });
  });
});
