/**
 * Tries every endpoint of a running API with requests that its own OpenAPI description allows and
 * forbids (Schemathesis), and holds the answers to it: nothing but what is described, and no 5xx.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../../contracts/package-root';
import type { Subject } from './subject';

/**
 * All that is asked of an answer but two: `positive_data_acceptance`, since a description says what a
 * request looks like, not whether the run, cursor or team that it names is there; and `ignored_auth`,
 * since whoever fails to sign in again and again is told to wait (429).
 */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
  'allow_header_conformance',
  'use_after_free',
  'ensure_resource_availability',
];
/** A long poll may take as long as the API lets it, and the way there. */
const REQUEST_S = 70;
/** Whoever waits for a run that never was waits for the whole time. */
const WAIT_MS = 20;
/** A campaign that hangs is ended. */
const CAMPAIGN_MS_MAX = 3_600_000;

export interface FuzzOptions {
  /** Decides the requests. */
  seed: number;
  /** Per endpoint, in each phase. */
  examples: number;
  /** Of Schemathesis: `coverage`, `fuzzing`, `stateful`. */
  phases: readonly string[];
  onOutput?: (text: string) => void;
}

export interface FuzzReport {
  /** Whether nothing was found. */
  clean: boolean;
  /** What Schemathesis wrote. */
  output: string;
}

export async function fuzzApi(
  { apiUrl, token, existing }: Subject,
  { seed, examples, phases, onOutput }: FuzzOptions,
): Promise<FuzzReport> {
  const python = await fuzzingPython();
  const folder = await mkdtemp(join(tmpdir(), 'tuesday-fuzz-'));
  const config = join(folder, 'schemathesis.toml');
  await writeFile(config, configOf(existing));
  const args = [
    ...['-m', 'schemathesis.cli', '--config-file', config, 'run', `${apiUrl}/openapi.json`],
    ...['--checks', CHECKS.join(','), '--phases', phases.join(',')],
    ...['--max-examples', String(examples), '--seed', String(seed)],
    ...['--header', `Authorization: Bearer ${token}`],
    ...['--request-timeout', String(REQUEST_S), '--continue-on-failure', '--no-color'],
    ...['--generation-database', 'none', '--warnings', 'off', '--no-shrink'],
  ];
  try {
    return await run(python, args, folder, onOutput);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Values of parameters that lead to something, beside those that are made up. */
function configOf(existing: Subject['existing']): string {
  return `[[operations]]
include-path = "/v1/runs/{id}/wait"
parameters = { timeoutMs = ${WAIT_MS} }
${Object.entries(existing)
  .map(
    ([path, parameters]) => `
[[operations]]
include-path = ${JSON.stringify(path)}
parameters = { ${Object.entries(parameters)
      .map(([name, value]) => `"path.${name}" = ${JSON.stringify(value)}`)
      .join(', ')} }
`,
  )
  .join('')}`;
}

async function fuzzingPython(): Promise<string> {
  const script = join(PACKAGE_ROOT, 'scripts/python-packages.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, 'fuzzer']);
  return stdout.trim();
}

function run(
  python: string,
  args: string[],
  cwd: string,
  onOutput: (text: string) => void = () => undefined,
): Promise<FuzzReport> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: CAMPAIGN_MS_MAX,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        onOutput(text);
      });
    child.once('error', reject);
    child.once('close', (code) => resolve({ clean: code === 0, output }));
  });
}
