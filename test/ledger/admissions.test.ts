import { benchAudit } from '../../bench/support/bench-secret';
import type { RunId } from '../../contracts/ids';
import type { OpenedRun, RunOpened } from '../../contracts/ledger';
import { QUEUE } from '../../contracts/limits';
import type { RunEventBody } from '../../contracts/run-state';
import type { RunEndStatus } from '../../contracts/run-status';
import { type OpenLedger, openLedger } from '../../ledger';
import { loadLimits } from '../support/load-limits';
import { SOME_SHA256 } from '../support/plans';
import {
  closingOf,
  eventsOf,
  openedRun,
  openTestLedger,
  outboxOf,
  runId,
  type TestLedger,
} from '../support/test-ledger';

let test: TestLedger;
const opened: OpenLedger[] = [];
beforeEach(async () => {
  test = await openTestLedger();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
  await test.drop();
});

/** The same ledger, as an installation with these limits has it. */
async function limited(changes: Parameters<typeof loadLimits>[0]) {
  const ledger = await openLedger(test.url, loadLimits(changes), benchAudit());
  opened.push(ledger);
  return ledger;
}

const ASKED = { priority: 3, whenFull: 'queue' as const };
const open = (
  { ledger }: OpenLedger,
  run: RunId,
  changes: Partial<OpenedRun> = {},
): Promise<RunOpened> => ledger.openRun(openedRun(run, { admission: ASKED, ...changes }));
const close = async ({ ledger }: OpenLedger, run: RunId, status: RunEndStatus = 'completed') => {
  const closed = await ledger.closeRun(closingOf(run, status));
  if (closed.outcome !== 'recorded') throw new Error(closed.outcome);
  return closed.mayBegin.map(({ workflowId }) => workflowId);
};
const names = (count: number, prefix = 'run') =>
  Array.from({ length: count }, (_, index) => runId(`${prefix}-${index + 1}`));
const standings = () =>
  test
    .rows<{ run_key: string; standing: string }>('SELECT run_key, standing FROM admissions')
    .then((rows) =>
      Object.fromEntries(rows.map((row) => [row.run_key.split('/')[1], row.standing])),
    );

const OPENED: RunEventBody = { type: 'run_opened', budgetMicroUsd: 5, phases: ['research'] };
const ASKS: RunEventBody = {
  type: 'review_opened',
  review: {
    id: 'research-2',
    kind: 'approval',
    phase: 'research',
    reason: 'always',
    digest: SOME_SHA256,
    options: ['approve'],
  },
};
const GOES_ON: RunEventBody = {
  type: 'phase_started',
  phase: 'research',
  round: 1,
  allowanceMicroUsd: 1,
};

describe('runs beyond the limit', () => {
  it('are queued, and begin in the order of their age when others end', async () => {
    const ledger = await limited({ runsAtWork: { installation: 2 } });
    const [a, b, c, d] = names(4) as [RunId, RunId, RunId, RunId];
    expect(await open(ledger, a)).toMatchObject({ outcome: 'opened' });
    expect(await open(ledger, b)).toMatchObject({ outcome: 'opened' });
    const held = { limit: 'runsAtWork', scope: 'installation', max: 2, used: 2 };
    expect(await open(ledger, c)).toEqual({
      outcome: 'queued',
      place: { held, before: 0 },
      mayBegin: [],
    });
    expect(await open(ledger, d)).toMatchObject({ outcome: 'queued', place: { before: 1 } });
    expect(await close(ledger, b)).toEqual(['run-3']);
    expect(await ledger.ledger.askAdmission(d)).toEqual({ outcome: 'queued', mayBegin: [] });
    expect(await ledger.ledger.askAdmission(c)).toEqual({ outcome: 'admitted', mayBegin: [] });
    expect(await close(ledger, a)).toEqual(['run-4']);
  });

  it('stand in the queue by priority before age', async () => {
    const ledger = await limited({ runsAtWork: { installation: 1 } });
    const [a, late, first, second] = names(4) as [RunId, RunId, RunId, RunId];
    await open(ledger, a);
    await open(ledger, late, { admission: { ...ASKED, priority: 4 } });
    await open(ledger, second);
    const asked = await open(ledger, first, { admission: { ...ASKED, priority: 1 } });
    expect(asked).toMatchObject({ outcome: 'queued', place: { before: 0 } });
    expect(await close(ledger, a)).toEqual([first.workflowId]);
    expect(await close(ledger, first)).toEqual([second.workflowId]);
    expect(await close(ledger, second)).toEqual([late.workflowId]);
  });

  it('of a user at its limit block nobody else', async () => {
    const ledger = await limited({
      runsAtWork: { installation: 3, user: 2, users: { small: 1 } },
    });
    const greedy = names(4, 'greedy');
    for (const run of greedy) await open(ledger, run, { user: 'greedy' });
    expect(await open(ledger, runId('modest'), { user: 'modest' })).toMatchObject({
      outcome: 'opened',
    });
    expect(await open(ledger, runId('small'), { user: 'small' })).toMatchObject({
      outcome: 'queued',
      place: { held: { scope: 'installation', max: 3, used: 3 }, before: 2 },
    });
    const view = await ledger.reader.getRun('greedy-4');
    expect(view?.queue).toBeUndefined(); // it has not said yet that it is queued
    expect(await close(ledger, runId('modest'))).toEqual(['small']);
    expect(await open(ledger, runId('small-2'), { user: 'small' })).toMatchObject({
      place: { held: { scope: 'user', max: 1, used: 1 }, before: 0 },
    });
  });

  it('are refused where the queue is full too, and nothing of them is kept', async () => {
    const ledger = await limited({
      runsAtWork: { installation: 1 },
      runsQueued: { installation: 2, user: 1 },
    });
    await open(ledger, runId('working'));
    await open(ledger, runId('mine'), { user: 'me' });
    expect(await open(ledger, runId('mine-2'), { user: 'me' })).toMatchObject({
      outcome: 'full',
      full: { limit: 'runsQueued', scope: 'user', max: 1, used: 1 },
    });
    await open(ledger, runId('theirs'), { user: 'them' });
    expect(await open(ledger, runId('others'), { user: 'other' })).toMatchObject({
      outcome: 'full',
      full: { limit: 'runsQueued', scope: 'installation', max: 2, used: 2 },
    });
    expect(await standings()).toEqual({ working: 'at_work', mine: 'queued', theirs: 'queued' });
    expect(await ledger.reader.getRun('others')).toBeUndefined();
  });

  it('are refused at once where they are not to wait', async () => {
    const ledger = await limited({ runsAtWork: { installation: 1 } });
    await open(ledger, runId('working'));
    const admission = { priority: 3, whenFull: 'refuse' as const };
    expect(await open(ledger, runId('other'), { admission })).toMatchObject({
      outcome: 'full',
      full: { limit: 'runsAtWork', max: 1, used: 1 },
    });
  });

  it('keep their place and their answer when they are opened again', async () => {
    const ledger = await limited({ runsAtWork: { installation: 1 }, runsQueued: { user: 1 } });
    const [a, b] = names(2) as [RunId, RunId];
    await open(ledger, a);
    await open(ledger, b);
    expect(await open(ledger, a)).toMatchObject({ outcome: 'opened' });
    expect(await open(ledger, b)).toMatchObject({ outcome: 'queued', place: { before: 0 } });
    await close(ledger, a);
    expect(await open(ledger, b)).toEqual({ outcome: 'opened', mayBegin: [] });
    expect(await standings()).toEqual({ 'run-2': 'at_work' });
  });

  it('stay refused when the answer to their opening was lost', async () => {
    const ledger = await limited({ runsAtWork: { installation: 1 }, runsQueued: { user: 0 } });
    const [a, b] = names(2) as [RunId, RunId];
    await open(ledger, a);
    expect(await open(ledger, b)).toMatchObject({ outcome: 'full' });
    const { plan: _plan, ...rest } = openedRun(b);
    await ledger.ledger.refuseRun({ ...rest, team: 't', version: '1', budgetMicroUsd: 1 }, 'Full.');
    await close(ledger, a);
    expect(await open(ledger, b)).toEqual({ outcome: 'refused' });
  });
});

describe('a run that waits for a person', () => {
  it('lets another begin, and goes on without queueing', async () => {
    const ledger = await limited({ runsAtWork: { installation: 1 } });
    const [a, b, c] = names(3) as [RunId, RunId, RunId];
    await open(ledger, a);
    await open(ledger, b);
    await open(ledger, c);
    const events = eventsOf(1, OPENED, ASKS, GOES_ON);
    const parked = await ledger.ledger.recordEvents(outboxOf(a, events.slice(0, 2)));
    expect(parked).toMatchObject({ mayBegin: [b] });
    await ledger.ledger.recordEvents(outboxOf(a, events));
    expect(await standings()).toEqual({
      'run-1': 'at_work',
      'run-2': 'admitted',
      'run-3': 'queued',
    });
    // Two are at work now, one of them more than the limit: nobody begins before both have ended.
    expect(await close(ledger, a)).toEqual([]);
    expect(await close(ledger, b)).toEqual(['run-3']);
  });
});

describe('a queued run', () => {
  it('that is stopped gives up its place, and takes none of the others', async () => {
    const ledger = await limited({ runsAtWork: { installation: 1 } });
    const [a, b, c] = names(3) as [RunId, RunId, RunId];
    await open(ledger, a);
    await open(ledger, b);
    await open(ledger, c);
    expect(await close(ledger, b, 'stopped')).toEqual([]);
    expect(await close(ledger, a)).toEqual(['run-3']);
  });

  it('is told again when nothing was heard of it, and begins by asking where nobody tells it', async () => {
    jest.replaceProperty(QUEUE, 'tellAgainMs', 0 as never);
    const ledger = await limited({ runsAtWork: { installation: 2 } });
    const [a, b, c] = names(3) as [RunId, RunId, RunId];
    for (const run of [a, b, c]) await open(ledger, run);
    expect(await close(ledger, a)).toEqual(['run-3']);
    expect(await close(ledger, b)).toEqual(['run-3']);
    expect(await ledger.ledger.askAdmission(c)).toEqual({ outcome: 'admitted', mayBegin: [] });
    expect(await standings()).toEqual({ 'run-3': 'at_work' });
    jest.restoreAllMocks();
  });

  it('explains its place, the limit that holds it, and since when', async () => {
    const ledger = await limited({ runsAtWork: { installation: 1 } });
    const [a, b, c] = names(3) as [RunId, RunId, RunId];
    for (const run of [a, b, c]) {
      const answer = await open(ledger, run);
      if (answer.outcome !== 'queued') continue;
      const { held } = answer.place;
      const events = eventsOf(1, OPENED, { type: 'run_queued', priority: 3, held });
      await ledger.ledger.recordEvents(outboxOf(run, events));
    }
    const view = await ledger.reader.getRun('run-3');
    expect(view).toMatchObject({
      status: 'queued',
      queue: {
        place: 2,
        before: 1,
        priority: 3,
        since: expect.any(String),
        heldBy: { limit: 'runsAtWork', scope: 'installation', max: 1, used: 1 },
      },
      explanation:
        'Place 2 in the queue (1 before it, by priority and age): 1 of 1 runs at work of the installation are taken. It begins by itself when one of them ends or waits for a person.',
    });
    const listed = await ledger.reader.listRuns({ limit: 10, status: 'queued' });
    expect(listed.runs.map(({ id }) => id).sort()).toEqual(['run-1', 'run-2', 'run-3']);
  });
});

describe('many at once', () => {
  it('never have more at work than the limits say, and all come to their turn', async () => {
    const changes = { runsAtWork: { installation: 5, user: 3 } };
    const ledgers = [await limited(changes), await limited(changes)];
    const waiting = new Set<RunId>();
    const working: RunId[] = [];
    const runs = names(60);
    await Promise.all(
      runs.map(async (run, index) => {
        const ledger = ledgers[index % 2] as OpenLedger;
        const answer = await open(ledger, run, { user: `u-${index % 3}` });
        if (answer.outcome === 'opened') working.push(run);
        else waiting.add(run);
      }),
    );
    expect(working).toHaveLength(5);
    let done = 0;
    while (working.length > 0) {
      const ending = working.splice(0);
      done += ending.length;
      const admitted = await Promise.all(
        ending.map((run, index) => close(ledgers[index % 2] as OpenLedger, run)),
      );
      const [busy] = await test.rows<{ all: number; most: number }>(
        `SELECT sum(n)::int AS all, max(n)::int AS most FROM (
           SELECT count(*) AS n FROM admissions WHERE standing <> 'queued' GROUP BY user_id) AS by_user`,
      );
      expect(busy?.all ?? 0).toBeLessThanOrEqual(5);
      expect(busy?.most ?? 0).toBeLessThanOrEqual(3);
      for (const name of admitted.flat()) {
        const run = [...waiting].find(({ workflowId }) => workflowId === name) as RunId;
        waiting.delete(run);
        working.push(run);
      }
    }
    expect([done, waiting.size]).toEqual([60, 0]);
    expect(await test.rows('SELECT 1 FROM admissions')).toEqual([]);
  });
});
