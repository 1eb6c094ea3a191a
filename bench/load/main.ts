/**
 * `npm run bench:load [-- --runs 500 --limit 20]`: so many runs started at once on one worker, under so
 * small a limit of runs and of phases at work, with a queue that takes nine in ten of them. Prints what
 * became of them; exit code 1 where one has neither ended nor been refused with the reason, or where
 * more was at work than the limit.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMeasuredServers } from '../support/measured-servers';
import { mostMemoryMb, startMany } from './many-starts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '500' }, limit: { type: 'string', default: '20' } },
});

async function main(): Promise<void> {
  const count = Number(values.runs);
  const limit = Number(values.limit);
  const atWork = { installation: limit, user: limit };
  const places = Math.floor(count * 0.9);
  const limits = {
    runsAtWork: atWork,
    phasesAtWork: atWork,
    runsQueued: { installation: places, user: places },
  };
  const servers = await startMeasuredServers(
    {},
    {
      limits: {
        runsAtWork: { ...limits.runsAtWork, users: {} },
        phasesAtWork: { ...limits.phasesAtWork, users: {} },
        runsQueued: { ...limits.runsQueued, users: {} },
      },
    },
  );
  try {
    const limitsFile = join(servers.dataDir, 'limits.json');
    await writeFile(limitsFile, JSON.stringify(limits));
    const worker = servers.startWorker({ limitsFile });
    await worker.ready;
    const starts = Array.from({ length: count }, (_, index) => ({
      key: `run-${index}`,
      user: 'u',
    }));
    const report = await startMany(servers, starts);
    const { ended, refusals, runsAtWorkMax, phasesAtWorkMax, last, tookMs } = report;
    const told = [
      `${count} runs at once, limits of ${limit}: ${(tookMs / 1_000).toFixed(1)} s`,
      `ended: ${JSON.stringify(ended)}`,
      `refused with: ${refusals.join(' / ') || 'nothing'}`,
      `at work at once at most: ${runsAtWorkMax} runs, ${phasesAtWorkMax} phases`,
      `memory of the worker: ${(await mostMemoryMb(worker.pid)).toFixed(0)} MB at most`,
      `the last one in the queue was told: ${last?.explanation ?? 'nothing, since none was queued'}`,
    ];
    process.stdout.write(`${told.join('\n')}\n`);
    const { completed = 0, refused = 0 } = ended;
    const holds =
      completed + refused === count && runsAtWorkMax <= limit && phasesAtWorkMax <= limit;
    if (!holds) process.exitCode = 1;
  } finally {
    await servers.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
