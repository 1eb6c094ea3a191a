/**
 * Ten times the usual load: what is beyond the limits is queued or refused with the reason, nothing
 * deadlocks, and no user starves another. 500 runs under limits of 20: `npm run bench:load`.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadReport, mostMemoryMb, type Start, startMany } from '../../bench/load/many-starts';
import { LOAD_TEAM } from '../../bench/load/team';
import { renderRun } from '../../cli/render/run';
import { loadLimits } from '../support/load-limits';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses, type WorkerProcess } from '../support/worker-process';

jest.setTimeout(180_000);

const LIMIT = 10;
/** What one worker may take for a hundred runs, of which ten are at work. */
const WORKER_MB_MAX = 1_000;
const TOLD = /Place \d+ in the queue/;

const workers = useWorkerProcesses();
let test: TestTuesday;
let limitsFile: string;
const startWorker = (): Promise<WorkerProcess> => workers.start(test, { limitsFile });

async function bringUp(user: number, queued: number): Promise<void> {
  const limits = {
    runsAtWork: { installation: LIMIT, user },
    phasesAtWork: { installation: LIMIT, user: LIMIT },
    runsQueued: { installation: queued, user: queued },
  };
  test = await startTestTuesday({ hasWorker: false, limits: loadLimits(limits) });
  limitsFile = join(test.dataDir, 'limits.json');
  await writeFile(limitsFile, JSON.stringify(limits));
}
afterEach(() => test.stop());

// All tests share one namespace.
const starts = (count: number, user: string): Start[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `${user}-${index}-${test.taskQueue.slice(-6)}`,
    user,
  }));
const sum = ({ ended }: LoadReport) => Object.values(ended).reduce((all, n) => all + n, 0);

it('a hundred runs at once under limits of ten all end or are refused with the reason', async () => {
  await bringUp(LIMIT, 80);
  const worker = await startWorker();
  const report = await startMany(test, starts(100, 'all'));
  expect(sum(report)).toBe(100);
  const { completed = 0, refused = 0 } = report.ended;
  expect(completed + refused).toBe(100);
  expect(completed).toBeGreaterThanOrEqual(90);
  if (refused > 0)
    expect(report.refusals).toEqual([
      'There is no room for the run: 80 of 80 queued runs of its user are taken. Start it again when some for this user have ended, or raise runsQueued in the file that TUESDAY_LIMITS names.',
    ]);
  expect(report.runsAtWorkMax).toBe(LIMIT);
  expect(report.phasesAtWorkMax).toBeLessThanOrEqual(LIMIT);
  expect(report.last?.explanation).toMatch(TOLD);
  expect(renderRun(report.last as NonNullable<typeof report.last>)).toMatch(TOLD);
  const memoryMb = await mostMemoryMb(worker.pid);
  process.stderr.write(
    `100 runs under limits of ${LIMIT}: ${JSON.stringify(report.ended)} in ${(report.tookMs / 1_000).toFixed(1)} s, the worker had at most ${memoryMb.toFixed(0)} MB\n`,
  );
  expect(memoryMb).toBeLessThan(WORKER_MB_MAX);
});

it('workers that are killed meanwhile leave nobody waiting for ever', async () => {
  await bringUp(LIMIT, 80);
  const first = await startWorker();
  const report = await startMany(test, starts(40, 'all'), async () => {
    await first.kill();
    const second = await startWorker();
    await second.kill();
    await startWorker();
  });
  expect(report.ended).toEqual({ completed: 40 });
  expect(report.runsAtWorkMax).toBe(LIMIT);
});

it('a user with many starts does not keep another from beginning', async () => {
  await bringUp(LIMIT / 2, 200);
  await startWorker();
  let modest: string | undefined;
  const busy = startMany(test, starts(40, 'greedy'), async () => {
    const question = 'What is worth a note?';
    const { id } = await test.tuesday.startRun(LOAD_TEAM, { question, user: 'modest' });
    expect((await test.tuesday.result(id)).status).toBe('completed');
    const { runs } = await test.tuesday.listRuns({ user: 'greedy', status: 'queued', limit: 200 });
    expect(runs.length).toBeGreaterThan(0);
    modest = id;
  });
  expect((await busy).ended).toEqual({ completed: 40 });
  const { entries } = await test.tuesday.history(modest ?? '');
  expect(entries.map(({ type }) => type)).not.toContain('run_queued');
});
