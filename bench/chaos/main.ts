/**
 * `npm run chaos -- --seed N --runs 40 --minutes 3`: runs on two workers while everything they need
 * fails, and what must hold all the same. The same seed plans the same runs and faults; `--faults
 * plan.json` takes a recorded list. Exit code 1 where an invariant is broken; its folder is kept.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { runCampaign } from './campaign';
import { FaultList } from './plan';
import { reportInWords } from './report';

const RUNS_COUNT_MAX = 1_000;
const MINUTES_MAX = 120;
const MINUTE_MS = 60_000;

const numberWithin = (min: number, max: number, isWhole: boolean) => (text: string) => {
  const value = Number(text);
  if (!(value >= min && value <= max) || (isWhole && !Number.isInteger(value)))
    throw new InvalidArgumentError(
      `must be a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`,
    );
  return value;
};

interface Flags {
  seed: number;
  runs: number;
  minutes: number;
  faults?: string;
  keep: boolean;
}

async function main(): Promise<void> {
  const flags = new Command('chaos')
    .option(
      '--seed <n>',
      'decides runs and faults',
      numberWithin(0, Number.MAX_SAFE_INTEGER, true),
      1,
    )
    .option('--runs <n>', 'how many', numberWithin(1, RUNS_COUNT_MAX, true), 40)
    .option('--minutes <n>', 'of faults', numberWithin(0.1, MINUTES_MAX, false), 3)
    .option('--faults <file>', 'a recorded plan.json instead of the one of the seed')
    .option('--keep', 'keep the folder also when all holds', false)
    .parse()
    .opts<Flags>();
  const folder = await mkdtemp(join(tmpdir(), 'tuesday-chaos-'));
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort());
  const report = await runCampaign({
    signal: interrupted.signal,
    seed: flags.seed,
    runsCount: flags.runs,
    durationMs: flags.minutes * MINUTE_MS,
    folder,
    onProgress: say,
    ...(flags.faults === undefined
      ? {}
      : { faults: FaultList.parse(JSON.parse(await readFile(flags.faults, 'utf8'))) }),
  });
  process.stdout.write(`${reportInWords(flags.seed, report)}\n`);
  const isBroken = report.findings.some(({ violations }) => violations.length > 0);
  if (isBroken)
    say(
      `again: npm run chaos -- --seed ${flags.seed} --runs ${flags.runs} --minutes ${flags.minutes}`,
    );
  if (isBroken || flags.keep) say(`logs, plan.json and databases: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
  if (isBroken) process.exitCode = 1;
}

main().then(
  // What was interrupted may still have timers.
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${inspect(error)}\n`);
    process.exit(1);
  },
);
