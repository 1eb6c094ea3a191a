/** Runs of the due-diligence team and of its naive twin, seed by seed under the same conditions. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Tuesday } from '../../client/types';
import type { Sources } from '../../contracts/sources';
import type { Simulator } from '../../simulator';
import { type Condition, downIn, keyOf } from './conditions';
import { type Company, SOURCES, type SourceName } from './facts';
import { dueDiligence, naive } from './team';
import type { World } from './world';

export interface CampaignParts {
  tuesday: Tuesday;
  simulator: Simulator;
  databaseUrl: string;
  publishDir: string;
  world: World;
  /** Returns how to stop it. */
  startWorker(sources: Sources): Promise<() => Promise<void>>;
}

export interface Seeded {
  company: Company;
  condition: Condition;
}

export interface SeedOutcome extends Seeded {
  naive: string;
  tuesday: string;
  down: SourceName[];
  flagged: string[];
  /** Facts of sources that were there, and not in the memo. */
  missing: string[];
  /** Findings that no source has given. */
  invented: string[];
  /** Other limitations, and sources that are down and not named to the memo's reader. */
  problems: string[];
}

export interface CampaignOptions {
  companiesAtOnce: number;
  onProgress(line: string): void;
}

const NAIVE = naive(dueDiligence);
/** Each arms six calls of the simulator's at most 1,000. */
const SEEDS_ARMED_MAX = 50;

export async function runAvailabilityCampaign(
  parts: CampaignParts,
  seeds: readonly Seeded[],
  { companiesAtOnce, onProgress }: CampaignOptions,
): Promise<SeedOutcome[]> {
  const outcomes: SeedOutcome[] = [];
  for (const [name, condition] of conditionsOf(seeds)) {
    await forgetBreakers(parts.databaseUrl);
    const stopWorker = await parts.startWorker(parts.world.sources(condition));
    const group = seeds.filter((seeded) => keyOf(seeded.condition) === name);
    for (let from = 0; from < group.length; from += SEEDS_ARMED_MAX) {
      const waiting = group.slice(from, from + SEEDS_ARMED_MAX);
      const lane = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
          outcomes.push(await runOne(parts, next));
      };
      await Promise.all(Array.from({ length: companiesAtOnce }, lane));
      parts.simulator.clearFaults();
      onProgress(`${outcomes.length} of ${seeds.length}: ${name}`);
    }
    await stopWorker();
  }
  return outcomes;
}

/** Runs under the same condition share a worker. */
const conditionsOf = (seeds: readonly Seeded[]): Map<string, Condition> =>
  new Map(seeds.map(({ condition }) => [keyOf(condition), condition]));

/** Seeds are independent of each other, as days are that lie far apart: no outage is remembered. */
async function forgetBreakers(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('DELETE FROM breakers');
  await client.end();
}

async function runOne(parts: CampaignParts, seeded: Seeded): Promise<SeedOutcome> {
  const { tuesday, publishDir } = parts;
  const { company, condition } = seeded;
  const question = `What is there to know about ${company.name}?`;
  const start = async (kind: 'naive' | 'tuesday') => {
    const key = `${kind}-${company.number}`;
    for (const source of SOURCES)
      parts.simulator.addFault({
        kind: 'tool_calls',
        run: key,
        phase: source,
        turn: 1,
        calls: [parts.world.call(source, company, condition)],
      });
    const run = await tuesday.startRun(kind === 'naive' ? NAIVE : dueDiligence, { question, key });
    return tuesday.result(run);
  };
  const [plain, result] = await Promise.all([start('naive'), start('tuesday')]);
  const down = downIn(condition);
  const memo = await memoOf(publishDir, result.published);
  const known = SOURCES.filter((source) => !down.includes(source)).flatMap(
    (source) => company.facts[source],
  );
  const quotes = [...memo.matchAll(/^- “(.*)”$/gm)].map(([, quote = '']) => quote);
  const flags = result.limitations.filter(({ kind }) => kind === 'source_unavailable');
  return {
    ...seeded,
    naive: plain.status,
    tuesday: result.status,
    down,
    flagged: flags.map(({ source }) => source ?? 'unnamed').sort(),
    missing: known.filter((fact) => !quotes.includes(fact)),
    invented: quotes.filter((quote) => !known.includes(quote)),
    problems: [
      ...result.limitations
        .filter((limitation) => !flags.includes(limitation))
        .map(({ kind, phase }) => `${kind} in ${phase}`),
      ...down
        .filter((source) => !memo.includes(`The source ${source} was not available`))
        .map((source) => `the memo does not say that ${source} was down`),
    ],
  };
}

async function memoOf(publishDir: string, published: { path: string }[]): Promise<string> {
  const [file] = published;
  return file ? readFile(join(publishDir, file.path), 'utf8') : '';
}
