/** The runs of a campaign: teams, users, moments, and documents that carry a marker of their run. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DefinedTeam } from '../../contracts/team/define';
import { randomFrom } from '../support/random';
import { CAMPAIGN_TEAMS } from './teams';

export interface PlannedRun {
  /** Business key. */
  key: string;
  /** After the start of the campaign. */
  atMs: number;
  team: DefinedTeam<unknown>;
  user: string;
  /** Stands in the question and in every document of this run, and nowhere else. */
  marker: string;
  question: string;
  /** Undefined where the team takes none. */
  documents?: string;
  review: 'declared' | 'always';
  /** Files that the run publishes when it completes. */
  filesCount: number;
  /** Requests to HTTP targets, likewise. */
  postsCount: number;
}

/** What a marker looks like, wherever it turns up. */
export const MARKER = /zq[0-9a-f]{12}/g;

const USERS = ['ada', 'ben', 'cleo', 'dan'];
/** Calls that may have been billed stay booked: room enough for many of them. */
export const RUN_BUDGET_MICRO_USD = 20_000_000;
const DOCUMENTS_COUNT = 6;
const REVIEW_ALWAYS = 0.15;
/** Runs start while faults still come, and are under way when they come. */
const STARTS_WITHIN = 0.85;

export async function planRuns(
  seed: number,
  count: number,
  durationMs: number,
  folder: string,
): Promise<PlannedRun[]> {
  const random = randomFrom(seed, 'runs');
  const runs: PlannedRun[] = [];
  for (let index = 1; index <= count; index++) {
    const marker = `zq${random.hex(12)}`;
    const { team, filesCount, postsCount } = CAMPAIGN_TEAMS[
      index % CAMPAIGN_TEAMS.length
    ] as (typeof CAMPAIGN_TEAMS)[number];
    const takesDocuments = team.definition.documents !== 'none';
    runs.push({
      key: `chaos-${seed}-${index}`,
      // The first ones at once: there is work for both workers from the beginning.
      atMs: index <= 2 ? 0 : Math.round(random.between(0, durationMs * STARTS_WITHIN)),
      team,
      user: random.pick(USERS),
      marker,
      question: `What did the stations of ${marker} measure, and which of them had the most rain?`,
      review: random.chance(REVIEW_ALWAYS) ? 'always' : 'declared',
      filesCount,
      postsCount,
      ...(takesDocuments ? { documents: await writeDocuments(folder, marker) } : {}),
    });
  }
  return runs.sort((a, b) => a.atMs - b.atMs);
}

async function writeDocuments(folder: string, marker: string): Promise<string> {
  const own = join(folder, marker);
  await mkdir(own, { recursive: true });
  for (let index = 1; index <= DOCUMENTS_COUNT; index++)
    await writeFile(
      join(own, `station-${index}.md`),
      [
        `# Station ${index} of ${marker}`,
        '',
        `Station ${index} of ${marker} measured ${index * 7} mm of rain in the year.`,
        `The gauge of station ${index} of ${marker} was read ${index % 12} times a day.`,
        `Frost lasted for ${index * 3} hours at station ${index} of ${marker}.`,
        '',
      ].join('\n'),
    );
  return own;
}
