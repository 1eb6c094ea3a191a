/**
 * `npm run bench:parked [-- --runs 1000 --one-by-one 50 --decisions 900 --at-once 20]`: runs parked at a
 * review on one worker. Prints the worker's memory after garbage collections, before and while they
 * wait; the time from the acceptance of a decision to the run's next model request, one at a time; and
 * how long many decisions take to the ends of their runs.
 */
import { parseArgs } from 'node:util';
import { startMeasuredServers } from '../support/measured-servers';
import { approveAll, memoryOf, parkRuns, timeToNextRequest } from './parked-runs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    'one-by-one': { type: 'string', default: '50' },
    decisions: { type: 'string', default: '900' },
    'at-once': { type: 'string', default: '20' },
  },
});
/** Code is compiled and connections are open by then. */
const WARM_UP_RUNS = 40;

async function main(): Promise<void> {
  const servers = await startMeasuredServers({});
  const say = (line: string) => process.stdout.write(`${line}\n`);
  try {
    const worker = servers.startWorker({ script: 'bench/parked/collecting-worker.js' });
    await worker.ready;
    await approveAll(servers, await parkRuns(servers, 'warm', WARM_UP_RUNS), 10);
    const before = await memoryOf(worker);
    const count = Number(values.runs);
    const parkedAt = performance.now();
    const parked = await parkRuns(servers, 'parked', count);
    say(`${count} runs parked after ${seconds(performance.now() - parkedAt)}`);
    const after = await memoryOf(worker);
    const grown = `${before.toFixed(0)} -> ${after.toFixed(0)} MB, +${(after - before).toFixed(0)} MB`;
    say(`memory of the worker after a garbage collection: ${grown} (at most 150 wanted)`);
    const times: number[] = [];
    for (const run of parked.splice(0, Number(values['one-by-one'])))
      times.push(await timeToNextRequest(servers, run));
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(share * (times.length - 1))]?.toFixed(0);
    say(`acceptance to next request: median ${at(0.5)} ms (at most 60 wanted), p90 ${at(0.9)} ms`);
    const decided = parked.splice(0, Number(values.decisions));
    const tookMs = await approveAll(servers, decided, Number(values['at-once']));
    const what = `${decided.length} decisions, ${values['at-once']} in flight, to the ends of their runs`;
    say(`${what}: ${seconds(tookMs)} (at most 15 s wanted)`);
    say(`memory of the worker then: ${(await memoryOf(worker)).toFixed(0)} MB`);
  } finally {
    await servers.stop();
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
