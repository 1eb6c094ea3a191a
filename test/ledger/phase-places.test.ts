import { benchAudit } from '../../bench/support/bench-secret';
import type { RunId } from '../../contracts/ids';
import type { AttemptBegun, Fence } from '../../contracts/ledger';
import { PHASE_PLACES } from '../../contracts/limits';
import { type OpenLedger, openLedger } from '../../ledger';
import { loadLimits } from '../support/load-limits';
import {
  attemptAt,
  closingOf,
  eventsOf,
  openRun,
  openTestLedger,
  outboxOf,
  roundOf,
  type TestLedger,
} from '../support/test-ledger';

let test: TestLedger;
let ledger: OpenLedger;
beforeEach(async () => {
  test = await openTestLedger();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await ledger.close();
  await test.drop();
});

const limited = async (changes: Parameters<typeof loadLimits>[0]) => {
  ledger = await openLedger(test.url, loadLimits(changes), benchAudit());
};
const open = (workflowId: string, user = 'someone') => openRun(ledger, { workflowId, user });
const begin = (run: RunId, changes: Parameters<typeof attemptAt>[1] = {}): Promise<AttemptBegun> =>
  ledger.ledger.beginAttempt(attemptAt(roundOf(run), changes));
const end = (run: RunId, fence: Partial<Fence> = {}) =>
  ledger.ledger.endAttempt(roundOf(run), { generation: 1, entry: 1, attempt: 1, ...fence });

describe('phases beyond the limit', () => {
  it('wait, and begin in the order in which they first asked', async () => {
    await limited({ phasesAtWork: { installation: 1 } });
    const [a, b, c] = [await open('a'), await open('b'), await open('c')];
    expect(await begin(a)).toMatchObject({ outcome: 'begun' });
    const held = { limit: 'phasesAtWork', scope: 'installation', max: 1, used: 1 };
    expect(await begin(b)).toEqual({ outcome: 'waits', place: { held, before: 0 } });
    expect(await begin(c)).toEqual({ outcome: 'waits', place: { held, before: 1 } });
    await end(a);
    // Whoever asks first after that is not first for it.
    expect(await begin(c, { attempt: 2 })).toMatchObject({
      outcome: 'waits',
      place: { before: 1 },
    });
    expect(await begin(b, { attempt: 2 })).toMatchObject({
      outcome: 'begun',
      start: { waitedMs: 0, heldBy: 'installation' },
    });
    await end(b, { attempt: 2 });
    expect(await begin(c, { attempt: 3 })).toMatchObject({ outcome: 'begun' });
  });

  it('of a user at its limit hold up nobody else', async () => {
    await limited({ phasesAtWork: { installation: 2, users: { greedy: 1 } } });
    const greedy = [await open('g1', 'greedy'), await open('g2', 'greedy')] as const;
    expect(await begin(greedy[0])).toMatchObject({ outcome: 'begun' });
    expect(await begin(greedy[1])).toMatchObject({
      outcome: 'waits',
      place: { held: { scope: 'user', max: 1, used: 1 }, before: 0 },
    });
    expect(await begin(await open('modest', 'modest'))).toMatchObject({ outcome: 'begun' });
  });

  it('come before those that asked later for the very first time, also for a later attempt', async () => {
    await limited({ phasesAtWork: { installation: 1 } });
    const [a, b] = [await open('a'), await open('b')];
    await begin(a);
    await begin(b);
    // The attempt at `a` ends with a step that is to be tried again: it began before `b` asked.
    await end(a);
    expect(await begin(a, { attempt: 2 })).toMatchObject({ outcome: 'begun' });
  });

  it('are not held up by one that asks no more', async () => {
    await limited({ phasesAtWork: { installation: 1 } });
    const [a, gone, c] = [await open('a'), await open('gone'), await open('c')];
    await begin(a);
    await begin(gone);
    await begin(c);
    await end(a);
    expect(await begin(c, { attempt: 2 })).toMatchObject({ outcome: 'waits' });
    jest.replaceProperty(PHASE_PLACES, 'freshMs', 0 as never);
    expect(await begin(c, { attempt: 3 })).toMatchObject({ outcome: 'begun' });
  });

  it('never have more at work than the limit, however many ask at the same moment', async () => {
    await limited({ phasesAtWork: { installation: 4 } });
    const runs = await Promise.all(Array.from({ length: 20 }, (_, index) => open(`run-${index}`)));
    const answers = await Promise.all(runs.map((run) => begin(run)));
    expect(answers.filter(({ outcome }) => outcome === 'begun')).toHaveLength(4);
  });
});

describe('a place', () => {
  it('is kept by the next attempt after a lost one', async () => {
    await limited({ phasesAtWork: { installation: 1 } });
    const [a, b] = [await open('a'), await open('b')];
    await begin(a);
    await begin(b);
    expect(await begin(a, { attempt: 2 })).toMatchObject({ outcome: 'begun', takesOver: true });
  });

  it('is given back when the run ends, also where its worker never says so', async () => {
    await limited({ phasesAtWork: { installation: 1 } });
    const [a, b] = [await open('a'), await open('b')];
    await begin(a);
    expect(await begin(b)).toMatchObject({ outcome: 'waits' });
    await ledger.ledger.closeRun(closingOf(a, 'stopped'));
    expect(await begin(b, { attempt: 2 })).toMatchObject({ outcome: 'begun' });
  });

  it('is given back when the workflow gives the phase up', async () => {
    await limited({ phasesAtWork: { installation: 1 } });
    const [a, b] = [await open('a'), await open('b')];
    const events = eventsOf(
      1,
      { type: 'run_opened', budgetMicroUsd: 5, phases: ['research', 'writing'] },
      { type: 'phase_started', phase: 'research', round: 1, allowanceMicroUsd: 1 },
      {
        type: 'phase_degraded',
        phase: 'research',
        failure: 'phase_timed_out',
        spend: { settledMicroUsd: 0, unsettledMicroUsd: 0 },
      },
    );
    await ledger.ledger.recordEvents(outboxOf(a, events.slice(0, 2)));
    await begin(a);
    expect(await begin(b)).toMatchObject({ outcome: 'waits' });
    await ledger.ledger.recordEvents(outboxOf(a, events));
    expect(await begin(b, { attempt: 2 })).toMatchObject({ outcome: 'begun' });
  });
});

it('a phase that has not begun says what it waits for, and since when', async () => {
  await limited({ phasesAtWork: { installation: 1 } });
  const [a, b] = [await open('a'), await open('b')];
  const enteredAt = Date.now() - 90_000;
  const events = eventsOf(
    1,
    { type: 'run_opened', budgetMicroUsd: 5, phases: ['research', 'writing'] },
    { type: 'phase_started', phase: 'research', round: 1, allowanceMicroUsd: 1 },
  ).map((event) => ({ ...event, at: enteredAt }));
  await ledger.ledger.recordEvents(outboxOf(b, events));
  const waitsFor = async () => (await ledger.reader.getRun('b'))?.phases[0]?.waitsFor;
  expect(await waitsFor()).toBe('a worker for 90 s: none takes it up');
  await begin(a);
  await begin(b);
  expect(await waitsFor()).toBe(
    'its place for 90 s: 1 of 1 phases at work of the installation, 0 before it',
  );
  await end(a);
  await begin(b, { attempt: 2, waitedMs: 90_000 });
  expect(await waitsFor()).toBeUndefined();
});
