/** Which sources are there, seed by seed: independently of each other, and down in several ways. */
import { randomFrom } from '../support/random';
import { SOURCES, type SourceName } from './facts';

/** Three of them are there together with 0.892³ = 0.7098: a team that needs all completes 71 %. */
export const UP_PROBABILITY = 0.892;

export const WAYS_DOWN = {
  filings: ['missing', 'garbled'],
  registry: ['refused', 'error', 'hang', 'cut'],
  news: ['absent', 'crash', 'hang', 'garbage'],
} as const satisfies Record<SourceName, readonly string[]>;

export type State<Source extends SourceName> = 'up' | (typeof WAYS_DOWN)[Source][number];
export type Condition = { [Source in SourceName]: State<Source> };

export const ALL_UP: Condition = { filings: 'up', registry: 'up', news: 'up' };

export function conditionOf(seed: number, number: number): Condition {
  const random = randomFrom(seed, `condition ${number}`);
  const stateOf = <Source extends SourceName>(source: Source) => {
    const way = random.pick<(typeof WAYS_DOWN)[Source][number]>(WAYS_DOWN[source]);
    return random.chance(UP_PROBABILITY) ? 'up' : way;
  };
  return { filings: stateOf('filings'), registry: stateOf('registry'), news: stateOf('news') };
}

/** Every set of sources that may be down together; each way of each source occurs in at least one. */
export function everyCombination(): Condition[] {
  const sets = Array.from({ length: 2 ** SOURCES.length }, (_, bits) =>
    SOURCES.filter((_source, index) => bits & (1 << index)),
  );
  const wayOf = (source: SourceName, index: number): string => {
    const ways: readonly string[] = WAYS_DOWN[source];
    const before = sets.slice(0, index).filter((down) => down.includes(source)).length;
    return ways[before % ways.length] as string;
  };
  return sets.map((down, index) => {
    const states = SOURCES.map((source) => [
      source,
      down.includes(source) ? wayOf(source, index) : 'up',
    ]);
    return Object.fromEntries(states) as Condition;
  });
}

export const downIn = (condition: Condition): SourceName[] =>
  SOURCES.filter((source) => condition[source] !== 'up');

export const keyOf = (condition: Condition): string =>
  SOURCES.map((source) => `${source} ${condition[source]}`).join(', ');
