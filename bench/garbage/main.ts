/**
 * `npm run experiment:garbage -- --seed N --responses 500`: answers made bad by a fuzzer, on real
 * servers, each held to the verdict that was written down before (`verdicts.ts`). Exit code 1 where
 * one became of something else, reached another agent, or the books differ from the bill.
 */
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { PACKAGE_ROOT } from '../../contracts/package-root';
import { startMeasuredServers } from '../support/measured-servers';
import { runGarbageCampaign } from './campaign';
import { isAsExpected, reportInWords } from './report';

const RESPONSES_COUNT_MAX = 5_000;
/** Two workers share a machine of two cores with their servers. */
const RUNS_AT_ONCE = 6;

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
  return value;
};

async function main(): Promise<void> {
  const flags = new Command('garbage')
    .option('--seed <n>', 'decides garbage and runs', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--responses <n>', 'bad answers at least', wholeNumber(1, RESPONSES_COUNT_MAX), 500)
    .parse()
    .opts<{ seed: number; responses: number }>();
  const servers = await startMeasuredServers({ seed: flags.seed });
  try {
    await servers.startWorker().ready;
    const report = await runGarbageCampaign(servers, {
      seed: flags.seed,
      responsesCount: flags.responses,
      runsAtOnce: RUNS_AT_ONCE,
      documents: join(PACKAGE_ROOT, 'docs'),
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${reportInWords(flags.seed, report)}\n`);
    if (!isAsExpected(report)) process.exitCode = 1;
  } finally {
    await servers.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${inspect(error)}\n`);
  process.exitCode = 1;
});
