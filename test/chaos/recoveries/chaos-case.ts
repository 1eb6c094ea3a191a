/**
 * A case of the failure table: what is done to a run, and what must come of it. Cases assert the
 * outcome, the limitations and the bill, never the table or its events: so each turns red when its
 * recovery is switched off, and none when the table is merely written otherwise.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { DecisionKind } from '../../../contracts/reviews';
import type { RunEndStatus } from '../../../contracts/run-status';
import type { TeamInput } from '../../../contracts/team/schema';
import type { RunResult, RunView } from '../../../contracts/views';
import type { RecoveryTable } from '../../../domain/recovery';
import type { Fault } from '../../../simulator';
import { eventually } from '../../support/eventually';
import { phase, team } from '../../support/teams';
import {
  startTestTuesday,
  type TestTuesday,
  type TestTuesdayOptions,
} from '../../support/test-tuesday';

export interface ChaosCase {
  /** What happens, and what becomes of the run: the case's name. */
  shows: string;
  run(chaos: Chaos): Promise<void>;
}

type PhaseInput = TeamInput['phases'][number];

/** Few tries and rounds, so that using them up does not take long. */
export const QUICK = { modelTriesMax: 2, toolTriesMax: 2, roundsMax: 2 };
/** Where no round helps, the run ends instead of asking: what a case needs then shows at once. */
export const NO_PERSON: TeamInput['recoveries'] = { rounds_used_up: ['end_run'] };

/** One installation with one run in it, on the real servers. */
export class Chaos {
  /** Tests share a namespace of Temporal. */
  readonly key = `chaos-${randomUUID()}`;
  private readonly cleanups: (() => Promise<void>)[] = [];
  private installed: TestTuesday | undefined;

  constructor(readonly recoveries: RecoveryTable) {}

  get test(): TestTuesday {
    if (!this.installed) throw new Error('the case has installed nothing');
    return this.installed;
  }

  async install(options: TestTuesdayOptions = {}): Promise<TestTuesday> {
    this.installed = await startTestTuesday({ recoveries: this.recoveries, ...options });
    return this.installed;
  }

  /** Is undone when the case has ended, the last first. */
  cleanUp(cleanup: () => Promise<void>): void {
    this.cleanups.push(cleanup);
  }

  async end(): Promise<void> {
    this.installed?.simulator.clearFaults();
    this.installed?.simulator.release();
    await this.installed?.stop();
    for (const cleanup of this.cleanups.reverse()) await cleanup();
  }

  fault(...faults: Fault[]): void {
    for (const fault of faults) this.test.simulator.addFault(fault);
  }

  async start(
    phases: PhaseInput[],
    changes: Partial<TeamInput> = {},
    request: { documents?: string; budgetMicroUsd?: number } = {},
  ): Promise<void> {
    await this.test.tuesday.startRun(team(phases, changes), {
      question: 'What is worth a note?',
      user: 'tester',
      key: this.key,
      ...request,
    });
  }

  /** A run of one phase, `only`. */
  startOnly(changes: Partial<PhaseInput> = {}): Promise<void> {
    return this.start([phase('only', { ...changes, limits: { ...QUICK, ...changes.limits } })]);
  }

  async ends(status: RunEndStatus): Promise<RunResult> {
    const result = (await this.test.tuesday.result(this.key)) as RunResult;
    expect({ status: result.status, why: result.explanation }).toMatchObject({ status });
    return result;
  }

  /** Waits for the question that a person is asked. */
  parked(): Promise<RunView> {
    return this.test.until(this.key, ({ reviews }) => reviews.length > 0);
  }

  async decide(decision: DecisionKind): Promise<void> {
    await this.test.tuesday.decide(this.key, { decision });
  }

  /** Resolves when all answers that were billed have been delivered. */
  answered(): Promise<void> {
    return eventually(async () => {
      expect(this.test.simulator.bill().filter(({ delivered }) => delivered)).not.toEqual([]);
    });
  }

  /** The models that were billed, in order. */
  bill(): string[] {
    return this.test.simulator.bill().map(({ model }) => model);
  }

  /** Steps that were billed, as `phase/round/turn`, in order. */
  billedSteps(): string[] {
    return this.test.simulator.bill().map(({ headers }) => {
      const [, , , name, , round, turn] = (headers['idempotency-key'] ?? '').split('/');
      return `${name}/${round}/${turn?.split('.')[0]}`;
    });
  }
}

/**
 * Runs a case on an installation that recovers by this table.
 * @param withinMs when it has not ended by then, it has failed; default: as long as jest lets it
 */
export async function runCase(
  { run }: ChaosCase,
  recoveries: RecoveryTable,
  withinMs?: number,
): Promise<void> {
  const chaos = new Chaos(recoveries);
  const ending = new AbortController();
  const late = withinMs && pause(withinMs, undefined, { signal: ending.signal });
  try {
    const running = run(chaos);
    await (late ? Promise.race([running, late.then(() => fail(withinMs))]) : running);
  } finally {
    ending.abort();
    await chaos.end();
  }
}

function fail(ms: number): never {
  throw new Error(`the case has not ended in ${ms} ms`);
}
