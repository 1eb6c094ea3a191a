/**
 * Random runs: valid sequences of events, as the workflow would record them, together with what the
 * phases book meanwhile. Each choice picks one of the moves that are possible at that moment.
 */
import fc from 'fast-check';
import type { PhasePlan, RunPlan } from '../../contracts/plan';
import type { RunEvent, RunEventBody, RunState } from '../../contracts/run-state';
import { isEnd } from '../../contracts/run-status';
import { allowanceAtStart, raisedAllowance } from '../../domain/budget';
import { allEnded, phasesToReset, readyPhases } from '../../domain/graph';
import { apply, emptyState, phaseOf } from '../../domain/run-state';
import { OTHER_SHA256, SOME_SHA256, somePlan } from './plans';

export interface Story {
  plan: RunPlan;
  events: RunEvent[];
  /** The state before any event and after each. */
  states: RunState[];
  /** What each phase has booked in truth, by moment; the state learns of it when an entry reports. */
  booked: Record<string, number>[];
}

/** Where a phase stands between two events that belong together. */
type Standing = 'entered' | 'suspended' | 'rejected' | 'accepted' | 'lost';
type Move = () => void;

/** A random run: long enough for several phases, with parallel ones and revisions among them. */
export const someStory: fc.Arbitrary<Story> = fc
  .tuple(somePlan, fc.array(fc.nat(1_000), { minLength: 1, maxLength: 150, size: 'max' }))
  .map(([plan, choices]) => tellStory(plan, choices));

export function tellStory(plan: RunPlan, choices: number[]): Story {
  const teller = new Teller(plan);
  for (const choice of choices) {
    const moves = teller.moves();
    if (moves.length === 0) break;
    moves[choice % moves.length]?.();
  }
  return teller.story;
}

class Teller {
  private state = emptyState(1_000);
  private booked: Record<string, number> = {};
  private standing: Record<string, Standing> = {};
  readonly story: Story;

  constructor(private readonly plan: RunPlan) {
    this.story = { plan, events: [], states: [this.state], booked: [{}] };
    this.tell({
      type: 'run_opened',
      budgetMicroUsd: plan.budgetMicroUsd,
      phases: plan.phases.map(({ name }) => name),
    });
  }

  moves(): Move[] {
    if (isEnd(this.state.status)) return [];
    if (allEnded(this.plan, this.state)) return [() => this.end('completed')];
    return [
      ...readyPhases(this.plan, this.state).map((phase) => () => this.start(phase)),
      ...this.plan.phases.flatMap((phase) => this.movesOf(phase)),
      ...Object.values(this.state.reviews).map((review) => () => {
        this.tell({
          type: 'decision_taken',
          decision: {
            decisionId: `decision-${this.state.version}`,
            reviewId: review.id,
            decision: 'resume',
            actor: 'someone',
          },
        });
      }),
      ...(this.state.version > 100 ? [() => this.end('stopped')] : []),
    ];
  }

  private movesOf(phase: PhasePlan): Move[] {
    const { name } = phase;
    const state = phaseOf(this.state, name);
    const asked = Object.values(this.state.reviews).some((review) => review.phase === name);
    if ((state.status !== 'running' && state.status !== 'waiting') || asked) return [];
    const spend = this.reportOf(name);
    const standing = this.standing[name];
    if (!standing) return [];
    switch (standing) {
      case 'entered':
        return [
          () => this.book(name, Math.ceil(this.roomOf(name) / 2)),
          () => this.book(name, this.roomOf(name)),
          () => this.stand(name, 'lost'),
          () => {
            this.stand(name, 'suspended');
            this.tell({ type: 'phase_suspended', phase: name, reasons: ['budget'], spend });
          },
          () => {
            this.stand(name, 'rejected');
            this.tell({
              type: 'output_rejected',
              phase: name,
              failure: 'missing_fields',
              reportSha256: SOME_SHA256,
              spend,
              instruction: { kind: 'repair', reportSha256: SOME_SHA256 },
            });
          },
          () => {
            this.stand(name, 'accepted');
            this.tell({
              type: 'output_accepted',
              phase: name,
              output: OTHER_SHA256,
              confidence: { stated: 0.5, corrected: 0.5, because: [] },
              limitations: [{ kind: 'review_unresolved', phase: name }],
              spend,
            });
          },
        ];
      case 'suspended':
        return [() => this.reenter(phase, 0), () => this.reenter(phase, 1_000), this.ask(phase)];
      case 'rejected':
        return [this.again(phase), this.ask(phase), ...this.degrade(phase)];
      case 'lost':
        return [() => this.reenter(phase, 0), this.ask(phase), ...this.degrade(phase)];
      case 'accepted':
        return [() => this.finish(phase), this.ask(phase), ...this.sendBack(phase)];
    }
  }

  private start(phase: PhasePlan): void {
    this.again(phase, allowanceAtStart(this.plan, this.state, phase))();
  }

  private again(phase: PhasePlan, allowance?: number): Move {
    return () => {
      const { round, allowanceMicroUsd } = phaseOf(this.state, phase.name);
      this.stand(phase.name, 'entered');
      this.tell({
        type: 'phase_started',
        phase: phase.name,
        round: round + 1,
        allowanceMicroUsd: allowance ?? allowanceMicroUsd,
      });
    };
  }

  private reenter({ name }: PhasePlan, needMicroUsd: number): void {
    const { entry, allowanceMicroUsd } = phaseOf(this.state, name);
    this.stand(name, 'entered');
    this.tell({
      type: 'phase_reentered',
      phase: name,
      entry: entry + 1,
      allowanceMicroUsd: raisedAllowance(this.state, name, needMicroUsd) ?? allowanceMicroUsd,
    });
  }

  private ask({ name }: PhasePlan): Move {
    return () =>
      this.tell({
        type: 'review_opened',
        review: {
          id: `${name}-${this.state.version + 1}`,
          kind: 'operator',
          phase: name,
          reason: 'internal_error',
          digest: SOME_SHA256,
          options: ['resume', 'stop'],
        },
      });
  }

  private degrade({ name, required }: PhasePlan): Move[] {
    if (required) return [];
    const { spend } = phaseOf(this.state, name);
    return [() => this.tell({ type: 'phase_degraded', phase: name, failure: 'loop', spend })];
  }

  private finish({ name }: PhasePlan): void {
    this.tell({
      type: 'effect_performed',
      phase: name,
      stepKey: `${name}/effect.0`,
      tool: 'publish_file',
      resultSha256: SOME_SHA256,
    });
    this.tell({ type: 'phase_finished', phase: name });
  }

  private sendBack({ name, revises }: PhasePlan): Move[] {
    if (!revises || phaseOf(this.state, name).revisions >= revises.revisionsMax) return [];
    return [
      () =>
        this.tell({
          type: 'work_sent_back',
          by: name,
          to: revises.phase,
          reset: phasesToReset(this.plan, this.state, revises.phase),
          commentsSha256: SOME_SHA256,
        }),
    ];
  }

  private end(status: 'completed' | 'stopped'): void {
    this.tell({ type: 'run_ended', status });
  }

  private stand(phase: string, standing: Standing): void {
    this.standing[phase] = standing;
  }

  private reportOf(phase: string) {
    const booked = this.booked[phase] ?? 0;
    const unsettledMicroUsd = Math.floor(booked / 3);
    return { settledMicroUsd: booked - unsettledMicroUsd, unsettledMicroUsd };
  }

  private roomOf(phase: string): number {
    return phaseOf(this.state, phase).allowanceMicroUsd - (this.booked[phase] ?? 0);
  }

  /** The ledger lets a phase book up to its allowance; nobody tells the state. */
  private book(phase: string, microUsd: number): void {
    this.booked = { ...this.booked, [phase]: (this.booked[phase] ?? 0) + microUsd };
    this.story.booked[this.story.booked.length - 1] = this.booked;
  }

  private tell(body: RunEventBody): void {
    const version = this.state.version + 1;
    const event: RunEvent = { ...body, version, at: 1_000 + version };
    this.state = apply(this.state, event);
    this.story.events.push(event);
    this.story.states.push(this.state);
    this.story.booked.push(this.booked);
  }
}
