/**
 * `npm run fuzz:api -- --seed N --examples 200`: a fuzzer that reads OpenAPI against an installation of
 * its own, in which people sign in. Exit code 1 where an answer is a 5xx or is not as described.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startInstallation } from '../../worker/installation';
import { fuzzApi } from './fuzzer';
import { prepareSubject } from './subject';

const EXAMPLES_MAX = 10_000;

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
  return value;
};

async function main(): Promise<void> {
  const { seed, examples } = new Command('fuzz:api')
    .option('--seed <n>', 'decides the requests', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--examples <n>', 'per endpoint and phase', wholeNumber(1, EXAMPLES_MAX), 100)
    .parse()
    .opts<{ seed: number; examples: number }>();
  const dataDir = await mkdtemp(join(tmpdir(), 'tuesday-fuzz-'));
  // PostgreSQL refuses to run as root, and another user has to get in.
  await chmod(dataDir, 0o755);
  const secret = randomBytes(32).toString('hex');
  const { ANTHROPIC_API_KEY: _none, DATABASE_URL: _own, ...env } = process.env;
  const installation = await startInstallation({
    dataDir,
    publishDir: join(dataDir, 'published'),
    env: { ...env, TUESDAY_SECRET: secret, TUESDAY_ACCESS: 'required' },
    apiPort: 0,
    uiPort: false,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    const subject = await prepareSubject(installation.apiUrl, secret);
    const { clean } = await fuzzApi(subject, {
      seed,
      examples,
      phases: ['coverage', 'fuzzing', 'stateful'],
      onOutput: (text) => process.stdout.write(text),
    });
    if (!clean) process.exitCode = 1;
  } finally {
    await installation.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
