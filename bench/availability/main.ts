/**
 * `npm run experiment:availability -- --seed N --runs 300`: due diligence over three sources that fail, by
 * a team that goes on without them and by one that does not. Exit code 1 where the former completes
 * less than it must, flags a source wrongly or not at all, or lacks a finding.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { sourceFacts } from '../../contracts/sources';
import { startMeasuredServers } from '../support/measured-servers';
import { runAvailabilityCampaign } from './campaign';
import { ALL_UP, conditionOf } from './conditions';
import { companyOf } from './facts';
import { isAsExpected, reportInWords } from './report';
import { createWorld } from './world';

const RUNS_COUNT_MAX = 5_000;
/** Each by two teams, and each of those with three phases at once. */
const COMPANIES_AT_ONCE = 3;

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
  return value;
};

async function main(): Promise<void> {
  const { seed, runs } = new Command('availability')
    .option('--seed <n>', 'decides companies and conditions', wholeNumber(0, 2 ** 31), 1)
    .option('--runs <n>', 'companies to look at', wholeNumber(1, RUNS_COUNT_MAX), 300)
    .parse()
    .opts<{ seed: number; runs: number }>();
  const seeds = Array.from({ length: runs }, (_, index) => ({
    company: companyOf(seed, index + 1),
    condition: conditionOf(seed, index + 1),
  }));
  const folder = await mkdtemp(join(tmpdir(), 'tuesday-world-'));
  const world = await createWorld(
    folder,
    seed,
    seeds.map(({ company }) => company),
  );
  const servers = await startMeasuredServers(
    { seed },
    { sources: sourceFacts(world.sources(ALL_UP)) },
  );
  try {
    const outcomes = await runAvailabilityCampaign(
      {
        ...servers,
        world,
        async startWorker(sources) {
          const file = join(folder, 'sources.json');
          await writeFile(file, JSON.stringify(sources));
          const worker = servers.startWorker({ sourcesFile: file });
          await worker.ready;
          return async () => {
            worker.signal('SIGTERM');
            await worker.ended;
          };
        },
      },
      seeds,
      {
        companiesAtOnce: COMPANIES_AT_ONCE,
        onProgress: (line) => process.stderr.write(`${line}\n`),
      },
    );
    process.stdout.write(`${reportInWords(seed, outcomes)}\n`);
    if (!isAsExpected(outcomes)) process.exitCode = 1;
  } finally {
    await servers.stop();
    await world.close();
    await rm(folder, { recursive: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${inspect(error)}\n`);
  process.exitCode = 1;
});
