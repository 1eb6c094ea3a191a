/** Which run gets which garbage, where and how often: decided by the seed. */
import { PHASE_LIMITS } from '../../contracts/limits';
import type { DefinedTeam } from '../../contracts/team/define';
import type { Fault } from '../../simulator';
import { type Random, randomFrom } from '../support/random';
import { fuzz } from './fuzz';
import type { Output } from './prose';
import { GARBAGE_CLASSES, type GarbageClass, VERDICTS } from './verdicts';

/** One answer, all of the phase's first round, or all of it for ever. */
export type Strikes = 'once' | 'round' | 'always';

export interface GarbageCase {
  run: string;
  phase: string;
  garbage: GarbageClass;
  strikes: Strikes;
  marker: string;
  fault: Fault;
  /** How many bad answers it should take to be done with. */
  responsesCount: number;
}

export interface PlannedRun {
  key: string;
  cases: GarbageCase[];
}

/** A run that never gets a good answer from one phase, after so many that do in the end. */
const ALWAYS_EVERY_RUNS = 6;
const ROUND_PROBABILITY = 0.4;
/** Of garbage in place of the tool calls that should come first. */
const EARLY_PROBABILITY = 0.3;

/** Phases in which a class can come about; default: all. */
const PHASES_OF: Partial<Record<GarbageClass, readonly string[]>> = {
  nonsense_citations: ['research', 'analysis', 'writing', 'publishing'],
  citations_in_text: ['analysis', 'writing', 'publishing'],
};

/** @param goods by phase, what it answers when nothing is wrong */
export function planGarbage(
  seed: number,
  responsesCount: number,
  { definition: team }: DefinedTeam,
  goods: Readonly<Record<string, Output>>,
): PlannedRun[] {
  const random = randomFrom(seed, 'garbage');
  const phases = team.phases.map(({ name }) => name);
  let waiting: GarbageClass[] = [];
  const next = (fits: (garbage: GarbageClass) => boolean): GarbageClass => {
    if (!waiting.some(fits)) waiting = [...waiting, ...random.shuffled(GARBAGE_CLASSES)];
    const found = waiting.find(fits) as GarbageClass;
    waiting.splice(waiting.indexOf(found), 1);
    return found;
  };
  const caseOf = (run: string, phase: string, garbage: GarbageClass, strikes: Strikes) => {
    const marker = `garbage${random.hex(12)}`;
    const definition = team.phases.find(({ name }) => name === phase);
    const good = goods[phase];
    if (!definition || !good) throw new RangeError(`no answer of ${phase} to make garbage of`);
    const text = fuzz(garbage, { random, good, marker, schema: definition.produces });
    return {
      ...{ run, phase, garbage, strikes, marker },
      fault: faultOf(random, { run, phase, strikes, text }),
      responsesCount: responsesOf(garbage, strikes),
    };
  };
  const runs: PlannedRun[] = [];
  for (let planned = 0; planned < responsesCount; planned += responsesIn(runs.at(-1))) {
    const key = `garbage-${runs.length + 1}`;
    const isLost = runs.length % ALWAYS_EVERY_RUNS === ALWAYS_EVERY_RUNS - 1;
    if (isLost) {
      const garbage = next((one) => VERDICTS[one].verdict !== 'accepted');
      const phase = random.pick(PHASES_OF[garbage] ?? phases);
      runs.push({ key, cases: [caseOf(key, phase, garbage, 'always')] });
      continue;
    }
    const cases = phases.map((phase) => {
      const garbage = next((one) => PHASES_OF[one]?.includes(phase) ?? true);
      const isRound = VERDICTS[garbage].verdict !== 'accepted' && random.chance(ROUND_PROBABILITY);
      return caseOf(key, phase, garbage, isRound ? 'round' : 'once');
    });
    runs.push({ key, cases });
  }
  return runs;
}

function faultOf(
  random: Random,
  { run, phase, strikes, text }: Pick<GarbageCase, 'run' | 'phase' | 'strikes'> & { text: string },
): Fault {
  return {
    kind: 'answer_text',
    ...{ run, phase, text },
    ...(strikes === 'once' ? { times: 1 } : {}),
    ...(strikes === 'round' ? { round: 1 } : {}),
    anyTurn: random.chance(EARLY_PROBABILITY),
  };
}

function responsesOf(garbage: GarbageClass, strikes: Strikes): number {
  if (strikes === 'once') return 1;
  const perRound = VERDICTS[garbage].next === 'repair_turn' ? 2 : 1;
  return strikes === 'round' ? perRound : perRound * PHASE_LIMITS.roundsMax.default;
}

const responsesIn = (run: PlannedRun | undefined): number =>
  (run?.cases ?? []).reduce((sum, { responsesCount }) => sum + responsesCount, 0);
