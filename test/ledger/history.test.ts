import type { RunEvent } from '../../contracts/run-state';
import { emptyState } from '../../domain/run-state';
import { applyChanges } from '../../domain/state-diff';
import { OTHER_SHA256 } from '../support/plans';
import {
  begin,
  claimOf,
  eventsOf,
  openRun,
  openTestLedger,
  outcomeOf,
  recordEvents,
  roundOf,
  type TestLedger,
} from '../support/test-ledger';

let test: TestLedger;
const EVENTS: RunEvent[] = eventsOf(
  1,
  { type: 'run_opened', budgetMicroUsd: 1_000_000, phases: ['research', 'writing'] },
  { type: 'phase_started', phase: 'research', round: 1, allowanceMicroUsd: 500_000 },
  {
    type: 'output_accepted',
    phase: 'research',
    output: OTHER_SHA256,
    limitations: [],
    spend: { settledMicroUsd: 60, unsettledMicroUsd: 0 },
  },
  { type: 'phase_finished', phase: 'research' },
);

beforeAll(async () => {
  test = await openTestLedger();
  const run = await openRun(test, { workflowId: 'r' });
  await recordEvents(test.ledger, run, EVENTS);
  const round = roundOf(run);
  const claim = claimOf(round, await begin(test, round));
  await test.ledger.claimStep(claim);
  await test.ledger.recordOutcome(outcomeOf(claim, 'answer'));
});
afterAll(() => test.drop());

describe('the history of a run', () => {
  it('has an entry for each version: when, who, what, and what it changed', async () => {
    const page = await test.reader.history('r', { after: 0, limit: 50 });
    expect(page.stateVersion).toBe(4);
    expect(page.next).toBeUndefined();
    expect(page.entries.map(({ version, type }) => [version, type])).toEqual([
      [1, 'run_opened'],
      [2, 'phase_started'],
      [3, 'output_accepted'],
      [4, 'phase_finished'],
    ]);
    expect(page.entries[2]).toMatchObject({
      at: new Date(EVENTS[2]?.at ?? 0).toISOString(),
      who: { kind: 'agent', id: 'research', models: ['some-model'] },
      what: 'handed in the output of research',
      event: EVENTS[2],
    });
    expect(page.entries[3]?.changes).toContainEqual({
      path: '/phases/research/status',
      before: 'waiting',
      after: 'done',
    });
  });

  it('comes a page at a time, and a page begins with the diff to the page before', async () => {
    const first = await test.reader.history('r', { after: 0, limit: 2 });
    const second = await test.reader.history('r', { after: first.next ?? 0, limit: 2 });
    const whole = await test.reader.history('r', { after: 0, limit: 50 });
    expect([first.next, second.next]).toEqual([2, undefined]);
    expect([...first.entries, ...second.entries]).toEqual(whole.entries);
    expect(await test.reader.history('r', { after: 4, limit: 2 })).toEqual({
      stateVersion: 4,
      entries: [],
    });
  });

  it('leads from the empty state to each stored version by its changes', async () => {
    const { entries } = await test.reader.history('r', { after: 0, limit: 50 });
    let state: object = emptyState(EVENTS[0]?.at ?? 0);
    for (const { version, changes } of entries) {
      state = applyChanges(state, changes);
      expect((await test.reader.stateAt('r', version))?.state).toEqual(state);
    }
  });

  it('shows the newest state unless told, and nothing where there is no such version', async () => {
    expect(await test.reader.stateAt('r')).toMatchObject({ run: 'r', version: 4, stateVersion: 4 });
    expect((await test.reader.stateAt('r', 2))?.state).toMatchObject({
      phases: { research: { status: 'running' } },
    });
    for (const version of [0, 5]) expect(await test.reader.stateAt('r', version)).toBeUndefined();
    expect(await test.reader.stateAt('nobody')).toBeUndefined();
    expect(await test.reader.history('nobody', { after: 0, limit: 1 })).toEqual({
      stateVersion: 0,
      entries: [],
    });
  });
});
