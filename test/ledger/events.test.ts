import fc from 'fast-check';
import { benchAudit } from '../../bench/support/bench-secret';
import { type RunId, runKey } from '../../contracts/ids';
import type { RunEvent, RunEventBody, RunState } from '../../contracts/run-state';
import { explainRun } from '../../domain/explanation';
import { apply, emptyState } from '../../domain/run-state';
import { type OpenLedger, openLedger } from '../../ledger';
import { type LedgerProcesses, startLedgerProcesses } from '../support/ledger-processes';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
import { someStory } from '../support/stories';
import {
  eventsOf,
  openedRun,
  openRun,
  openTestLedger,
  outboxOf,
  recordEvents,
  runId,
  type TestLedger,
} from '../support/test-ledger';

const PROCESSES = 3;
let test: TestLedger;
let other: OpenLedger;
let processes: LedgerProcesses;
beforeAll(async () => {
  test = await openTestLedger();
  other = await openLedger(test.url, undefined, benchAudit());
  processes = await startLedgerProcesses(test.url, PROCESSES);
});
afterAll(async () => {
  await processes.stop();
  await other.close();
  await test.drop();
});

const OPENED: RunEventBody = {
  type: 'run_opened',
  budgetMicroUsd: 1_000_000,
  phases: ['research', 'writing'],
};
const STARTED: RunEventBody = {
  type: 'phase_started',
  phase: 'research',
  round: 1,
  allowanceMicroUsd: 500,
};
const INGESTED: RunEventBody = {
  type: 'documents_ingested',
  documentsSha256: OTHER_SHA256,
  documents: 1,
  unavailable: 0,
};
const SUSPENDED: RunEventBody = {
  type: 'phase_suspended',
  phase: 'research',
  reasons: ['operator'],
  spend: { settledMicroUsd: 1, unsettledMicroUsd: 2 },
};
const SOME_EVENTS = eventsOf(1, OPENED, INGESTED, STARTED, SUSPENDED);

/** Everything the ledger has of a run's course. */
async function recorded(run: RunId) {
  const key = [runKey(run)];
  const [row] = await test.rows<Record<string, unknown>>(
    'SELECT state, state_version, status, explanation FROM runs WHERE run_key = $1',
    key,
  );
  const events = await test.rows<{ version: number; event: RunEvent; at: Date; type: string }>(
    'SELECT version, event, at, type FROM run_events WHERE run_key = $1 ORDER BY version',
    key,
  );
  const states = await test.rows<{ version: number; state: RunState }>(
    'SELECT version, state FROM run_states WHERE run_key = $1 ORDER BY version',
    key,
  );
  return { row, events, states };
}

describe('events of a run', () => {
  it('are recorded with the state after each, and the row shows the last', async () => {
    const run = await openRun(test);
    expect(await recordEvents(test.ledger, run, SOME_EVENTS)).toBe(4);
    const { row, events, states } = await recorded(run);
    const start = emptyState(0);
    const expected = SOME_EVENTS.map((_, index) =>
      SOME_EVENTS.slice(0, index + 1).reduce(apply, start),
    );
    expect(events.map(({ event }) => event)).toEqual(SOME_EVENTS);
    expect(events[0]).toMatchObject({ type: 'run_opened', at: new Date(SOME_EVENTS[0]?.at ?? 0) });
    expect(states.map(({ state }) => state)).toEqual(expected);
    const last = expected.at(-1) as RunState;
    expect(row).toEqual({
      state: last,
      state_version: 4,
      status: 'running',
      explanation: explainRun(openedRun(run).plan, last),
    });
    expect(await test.ledger.knownRun(run)).toMatchObject({
      state: { documentsSha256: OTHER_SHA256 },
      closed: false,
    });
  });

  it('L6 are recorded once, also when a batch comes again or overlaps with what is there', async () => {
    const run = await openRun(test);
    expect(await recordEvents(test.ledger, run, SOME_EVENTS.slice(0, 2))).toBe(2);
    expect(await recordEvents(test.ledger, run, SOME_EVENTS.slice(0, 2))).toBe(2);
    expect(await recordEvents(test.ledger, run, SOME_EVENTS.slice(0, 1))).toBe(2);
    expect(await recordEvents(test.ledger, run, SOME_EVENTS)).toBe(4);
    expect(await recordEvents(test.ledger, run, SOME_EVENTS.slice(3))).toBe(4);
    const { events } = await recorded(run);
    expect(events.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
  });

  it('are none in an empty batch, which is acknowledged as nothing', async () => {
    expect(await recordEvents(test.ledger, await openRun(test), [])).toBe(0);
  });

  it.each<[string, RunEvent[]]>([
    ['a gap at the beginning', SOME_EVENTS.slice(1)],
    ['a gap in the middle', [...SOME_EVENTS.slice(0, 2), ...SOME_EVENTS.slice(3)]],
    ['the wrong order', [...SOME_EVENTS.slice(0, 2), ...SOME_EVENTS.slice(2).reverse()]],
    ['a version twice', [...SOME_EVENTS.slice(0, 2), ...SOME_EVENTS.slice(1)]],
    ['an event that cannot follow', eventsOf(1, OPENED, { ...STARTED, phase: 'nobody' })],
    [
      'an event after the end',
      eventsOf(1, OPENED, { type: 'run_ended', status: 'failed' }, STARTED),
    ],
  ])('L6 are refused as a whole for %s, and nothing of them is written', async (_, events) => {
    const run = await openRun(test);
    const before = await recorded(run);
    await expect(recordEvents(test.ledger, run, events)).rejects.toThrow(RangeError);
    expect(await recorded(run)).toEqual(before);
  });

  it('are refused for a run that was never opened', async () => {
    await expect(recordEvents(test.ledger, runId(), SOME_EVENTS)).rejects.toThrow(
      /is not in the ledger/,
    );
  });

  it('L6 end as the run did when two connections record overlapping batches of random runs', async () => {
    await fc.assert(
      fc.asyncProperty(
        someStory,
        fc.array(fc.tuple(fc.nat(200), fc.nat(30), fc.boolean()), { minLength: 1, maxLength: 8 }),
        async ({ plan, events, states }, cuts) => {
          const run = runId();
          await test.ledger.openRun(openedRun(run, { plan }));
          // Each batch begins at or before what is acknowledged, as the outbox does.
          let acknowledged = 0;
          for (const [ahead, back, alone] of [...cuts, [events.length, 0, true] as const]) {
            const first = Math.max(0, acknowledged - back);
            const upTo = Math.min(events.length, acknowledged + (ahead % 40) + (alone ? 200 : 0));
            const one = recordEvents(test.ledger, run, events.slice(first, upTo));
            const two = alone ? one : recordEvents(other.ledger, run, events.slice(0, upTo + 3));
            acknowledged = Math.max(acknowledged, ...(await Promise.all([one, two])));
          }
          const { row, states: kept } = await recorded(run);
          expect(row?.state).toEqual({ ...(states.at(-1) as RunState) });
          expect(kept).toHaveLength(events.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('L6 are each there once after processes have recorded overlapping batches at the same moment', async () => {
    for (let again = 0; again < 5; again++) {
      const run = await openRun(test);
      const batches = [SOME_EVENTS.slice(0, 2), SOME_EVENTS, SOME_EVENTS.slice(0, 3)];
      const versions = await test.together(runKey(run), PROCESSES, () =>
        processes.atOnce<{ version: number }>(
          batches.map((events) => ({ method: 'recordEvents', args: [outboxOf(run, events)] })),
        ),
      );
      expect(Math.max(...versions.map(({ version }) => version))).toBe(4);
      const { events, row } = await recorded(run);
      expect(events.map(({ event }) => event)).toEqual(SOME_EVENTS);
      expect(row?.state_version).toBe(4);
    }
  });

  it('survive ids that objects inherit', async () => {
    const run = await openRun(test);
    const decision = {
      decisionId: '__proto__',
      reviewId: 'constructor',
      decision: 'resume' as const,
      actor: 'someone',
    };
    const review = {
      id: 'constructor',
      kind: 'operator' as const,
      phase: 'research',
      reason: 'loop' as const,
      digest: SOME_SHA256,
      options: ['resume' as const],
    };
    await recordEvents(
      test.ledger,
      run,
      eventsOf(1, OPENED, { type: 'review_opened', review }, { type: 'decision_taken', decision }),
    );
    await recordEvents(test.ledger, run, eventsOf(4, STARTED));
    const state = (await recorded(run)).row?.state as RunState;
    expect(Object.entries(state.decisions)).toEqual([['__proto__', { ...decision, version: 3 }]]);
  });
});
