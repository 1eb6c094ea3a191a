/** The numbers are the invariants of `ledger/live-events.ts`. */
import { Client } from 'pg';
import { runKey } from '../../contracts/ids';
import type { LiveItem } from '../../contracts/live-events';
import type { RunEventBody } from '../../contracts/run-state';
import { openLedger } from '../../ledger';
import { eventually } from '../support/eventually';
import {
  eventsOf,
  openRun,
  openTestLedger,
  outboxOf,
  recordEvents,
  type TestLedger,
} from '../support/test-ledger';

let here: TestLedger;
beforeAll(async () => {
  here = await openTestLedger();
});
afterAll(() => here.drop());

const OPENED: RunEventBody = {
  type: 'run_opened',
  budgetMicroUsd: 1_000_000,
  phases: ['research', 'writing'],
};
const started = (phase: string, round = 1): RunEventBody => ({
  type: 'phase_started',
  phase,
  round,
  allowanceMicroUsd: 1_000,
});
const ENDED: RunEventBody = { type: 'run_ended', status: 'stopped' };

const told = (items: LiveItem[]) =>
  items.flatMap(({ id, event }) => (event ? [[id, event.type]] : []));

/** Takes items until so many events have come. */
async function take(items: AsyncGenerator<LiveItem>, events: number): Promise<LiveItem[]> {
  const taken: LiveItem[] = [];
  while (taken.filter(({ event }) => event).length < events) {
    const { done, value } = await items.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

async function all(items: AsyncGenerator<LiveItem>): Promise<LiveItem[]> {
  const taken: LiveItem[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}

describe('events of one run', () => {
  it('E1 are told as they happen, by state version, until the run has ended', async () => {
    const run = await openRun(here, { workflowId: 'told' });
    await recordEvents(here.ledger, run, eventsOf(1, OPENED, started('research')));
    const items = here.reader.followRun('told');
    expect(told(await take(items, 2))).toEqual([
      ['1', 'run_opened'],
      ['2', 'phase_started'],
    ]);
    const later = all(items);
    await recordEvents(here.ledger, run, eventsOf(3, started('writing')));
    await recordEvents(here.ledger, run, eventsOf(4, ENDED));
    expect(told(await later)).toEqual([
      ['3', 'phase_started'],
      ['4', 'run_ended'],
    ]);
    expect(await all(here.reader.followRun('told', { after: '4' }))).toEqual([]);
  });

  it('E3 go on after an id, in another process too', async () => {
    const run = await openRun(here, { workflowId: 'resumed' });
    await recordEvents(here.ledger, run, eventsOf(1, OPENED, started('research'), ENDED));
    const other = await openLedger(here.url);
    expect(told(await all(other.reader.followRun('resumed', { after: '1' })))).toEqual([
      ['2', 'phase_started'],
      ['3', 'run_ended'],
    ]);
    await other.close();
  });

  it('E1 tell what a reset has put in place of what was told before', async () => {
    const run = await openRun(here, { workflowId: 'reset' });
    await recordEvents(
      here.ledger,
      run,
      eventsOf(1, OPENED, started('research'), started('research', 2)),
    );
    const items = here.reader.followRun('reset');
    const before = await take(items, 3);
    const [anew] = eventsOf(3, started('writing'));
    await here.ledger.recordEvents(
      outboxOf(run, [{ ...anew, at: 5 } as never], { temporalRunId: 'temporal-2' }),
    );
    const [after] = (await take(items, 1)).slice(-1);
    expect(after).toMatchObject({ id: '3.2', event: { version: 3, event: { phase: 'writing' } } });
    // Whoever was away meanwhile hears the same.
    const away = here.reader.followRun('reset', { after: before.at(-1)?.id ?? '' });
    expect(told(await take(away, 1))).toEqual([['3.2', 'phase_started']]);
    await recordEventsOf(run, 4);
    expect(told(await all(here.reader.followRun('reset', { after: '3.2' })))).toEqual([
      ['4.2', 'run_ended'],
    ]);
  });

  const recordEventsOf = (run: Parameters<typeof outboxOf>[0], version: number) =>
    here.ledger.recordEvents(
      outboxOf(run, eventsOf(version, ENDED), { temporalRunId: 'temporal-2' }),
    );

  it('are refused for a run that there is not, and after a place that there is not', async () => {
    await expect(all(here.reader.followRun('nobody'))).rejects.toThrow('There is no run "nobody"');
    await openRun(here, { workflowId: 'there' });
    for (const after of ['x', '1-2', '99999999999', '1.2.3'])
      await expect(all(here.reader.followRun('there', { after }))).rejects.toMatchObject({
        kind: 'bad_input',
        field: 'after',
      });
  });
});

describe('events of all runs', () => {
  it('E2 wait for a transaction that began earlier and commits later', async () => {
    const [slow, quick] = [
      await openRun(here, { workflowId: 'slow' }),
      await openRun(here, { workflowId: 'quick' }),
    ];
    const end = new AbortController();
    const items = here.reader.followAll({ signal: end.signal });
    await items.next();
    const writer = new Client({ connectionString: here.url });
    await writer.connect();
    await writer.query('BEGIN');
    const [event] = eventsOf(1, OPENED);
    const state = (await here.reader.afterEvents(slow, [event as never])).state;
    await writer.query('INSERT INTO run_states VALUES ($1, 1, $2)', [runKey(slow), state]);
    await writer.query(
      `INSERT INTO run_events (run_key, version, at, type, event) VALUES ($1, 1, now(), 'run_opened', $2)`,
      [runKey(slow), event],
    );
    await recordEvents(here.ledger, quick, eventsOf(1, OPENED));
    // The quick one is committed, and yet it is not told before the slow one.
    expect(await here.reader.eventsAfter({ after: '0-0', user: 'nobody-else' })).toMatchObject({
      events: [],
    });
    const both = take(items, 2);
    await writer.query('COMMIT');
    expect((await both).flatMap(({ event: one }) => (one ? [one.run] : []))).toEqual([
      'slow',
      'quick',
    ]);
    end.abort();
    expect(await all(items)).toEqual([]);
    await writer.end();
  });

  it('E2 leave none out and tell none twice while several write at once', async () => {
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, n) => openRun(here, { workflowId: `many-${n}`, user: 'many' })),
    );
    const start = (await here.reader.eventsAfter({ user: 'many' })).next;
    const other = await openLedger(here.url);
    const seen: string[] = [];
    let after = start;
    const reading = (async () => {
      // A new stream again and again, as if each were cut.
      while (seen.length < 160) {
        const end = new AbortController();
        for (const { id, event } of await take(
          other.reader.followAll({ after, user: 'many', signal: end.signal }),
          Math.min(1 + (seen.length % 7), 160 - seen.length),
        )) {
          after = id;
          if (event) seen.push(`${event.run} ${event.version}`);
        }
        end.abort();
      }
    })();
    await Promise.all(
      runs.map(async (run) => {
        await recordEvents(here.ledger, run, eventsOf(1, OPENED));
        for (let version = 2; version <= 20; version += 1)
          await recordEvents(here.ledger, run, eventsOf(version, started('research', version - 1)));
      }),
    );
    await reading;
    await other.close();
    expect(seen.length).toBe(160);
    expect(new Set(seen).size).toBe(160);
    for (const n of runs.keys())
      expect(seen.filter((one) => one.startsWith(`many-${n} `))).toEqual(
        Array.from({ length: 20 }, (_, version) => `many-${n} ${version + 1}`),
      );
  });

  it('are read page by page too', async () => {
    const run = await openRun(here, { workflowId: 'paged', user: 'paged' });
    const { events, next } = await here.reader.eventsAfter({ user: 'paged' });
    expect(events).toEqual([]);
    await recordEvents(here.ledger, run, eventsOf(1, OPENED, started('research')));
    await eventually(async () => {
      const page = await here.reader.eventsAfter({ after: next, user: 'paged' });
      expect(page.events.map(({ type }) => type)).toEqual(['run_opened', 'phase_started']);
      expect((await here.reader.eventsAfter({ ...page, after: page.next })).events).toEqual([]);
    });
  });

  it.each(['x', '5', '1.2', '999999999999999999-1'])('are refused after %s', async (after) => {
    await expect(here.reader.eventsAfter({ after })).rejects.toMatchObject({ kind: 'bad_input' });
  });
});
