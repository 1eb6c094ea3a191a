/**
 * `performEffect`: changes the outside world once, with exactly the bytes that were approved.
 *
 * Claim, execute, commit. Where an execution has no known end, an effect whose target recognises the
 * key is executed again under the same key; any other is asked about at its target, and what that
 * cannot answer a person decides. A worker that cannot execute it asks the ledger all the same: what
 * another one has begun is not undone by that.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { PerformEffectInput, PerformEffectResult } from '../contracts/activities';
import { getJson, putJson, putText } from '../contracts/content';
import type { EffectClaimInput, EffectFailure, EffectRepeat } from '../contracts/effect-ledger';
import { runKey } from '../contracts/ids';
import type { Fence, Ledger } from '../contracts/ledger';
import { CRASHES_IN_A_ROW_MAX, EFFECT } from '../contracts/limits';
import { laddersOf, phaseOfTeam, type ResolvedTeam } from '../contracts/team/resolved';
import {
  noteForNextAttempt,
  noteOfEarlierAttempt,
  recordFirst,
  temporalRunId,
} from './activity-frame';
import { type Backoff, backoffMs } from './agent/attempt';
import { AttemptFenced, StepToRetry } from './agent/interruptions';
import { hold } from './ledger-wait';
import { type EffectMode, effectMode, type Tool, type ToolContext, ToolError } from './tools/tool';
import type { Toolbox } from './tools/toolbox';

const BEGUN = 'An attempt began it and never said how it ended.';

/** The result of an effect of which a person said that it has happened. */
const CONFIRMED = { confirmed: 'A person has confirmed that it was carried out.' };

type Outcome<R = PerformEffectResult> = R extends PerformEffectResult
  ? Omit<R, 'recordedVersion'>
  : never;

/** What this worker can carry out. */
interface Effect {
  asked: PerformEffectInput;
  tool: Tool;
  input: unknown;
  mode: EffectMode;
  triesMax: number;
  /** Whether its target is asked what became of it. */
  asksTarget: boolean;
  executeMs: number;
  /** Where the phase sets it. */
  backoff: Backoff | undefined;
}

export function createPerformEffect(deps: { ledger: Ledger; toolbox: Toolbox }) {
  const { ledger, toolbox } = deps;
  const { content } = ledger;

  return async (asked: PerformEffectInput): Promise<PerformEffectResult> => {
    const recordedVersion = await recordFirst(ledger, asked);
    const effect = await prepare(asked);
    const outcome =
      'report' in effect ? await cannotPerform(asked, effect.report) : await perform(effect);
    return { recordedVersion, ...outcome };
  };

  /** Everything is loaded before the claim, so that little lies between it and the execution. */
  async function prepare(asked: PerformEffectInput): Promise<Effect | { report: string }> {
    const team = await getJson<ResolvedTeam>(content, asked.resolvedTeamSha256);
    const tool = toolbox.find(asked.tool, team);
    if (!tool) return { report: `The tool ${asked.tool} is not installed in this worker.` };
    const parsed = tool.input.parse(await getJson(content, asked.inputSha256));
    if ('problems' in parsed)
      return {
        report: `The tool ${asked.tool} of this worker does not take the input: ${parsed.problems.join('; ')}.`,
      };
    const phase = phaseOfTeam(team, asked.phase);
    const policy = phase.tools.find(({ tool: named }) => named === asked.tool);
    return {
      asked,
      tool,
      input: parsed.value,
      mode: effectMode(tool, parsed.value),
      asksTarget: laddersOf(team, phase.name).effect_unknown.includes('ask_target'),
      triesMax: policy?.triesMax ?? phase.limits.toolTriesMax,
      executeMs: Math.min(policy?.timeoutMs ?? phase.limits.toolMs, EFFECT.executeMs),
      backoff: policy?.backoff,
    };
  }

  /** Failed only where nothing was ever begun; what an earlier attempt began keeps its unknown end. */
  async function cannotPerform(asked: PerformEffectInput, report: string): Promise<Outcome> {
    const claim = await ledger.claimEffect({ ...claimOf(asked), repeat: 'never', unable: true });
    if (claim.outcome === 'fenced' || claim.outcome === 'closed')
      throw new AttemptFenced(claim.outcome);
    if (claim.outcome === 'done') return { outcome: 'done', resultSha256: claim.resultSha256 };
    if (claim.outcome === 'held_up') return claim;
    if (asked.decided === 'approve') return commit(asked, CONFIRMED);
    if (claim.outcome === 'not_begun')
      return { outcome: 'failed', reportSha256: await hold(() => putText(content, report)) };
    const reportSha256 = await hold(() => putText(content, `${BEGUN}\n${report}`));
    return { outcome: 'unknown', seen: 'cannot_tell', reportSha256 };
  }

  async function perform(effect: Effect): Promise<Outcome> {
    const { asked } = effect;
    const claim = await claimFreshly(effect);
    if (asked.decided === 'approve' && (claim.outcome === 'claimed' || claim.outcome === 'taken'))
      return commit(asked, CONFIRMED);
    switch (claim.outcome) {
      case 'fenced':
      case 'closed':
        throw new AttemptFenced(claim.outcome);
      case 'done':
        return { outcome: 'done', resultSha256: claim.resultSha256 };
      case 'taken':
        return fail(
          effect,
          claim.fence,
          'refused',
          `${placeOf(effect)} has been published by the phase ${claim.byPhase} of this run with other content, which is not overwritten: choose another place.`,
        );
      case 'unknown':
        return askTarget(effect, BEGUN);
      case 'held_up':
        return claim;
      case 'not_begun':
        throw new RangeError('only a worker that is unable is told so');
      case 'claimed': {
        const { fence, tries } = claim;
        const crashed = tries > Math.max(effect.triesMax, CRASHES_IN_A_ROW_MAX);
        return crashed
          ? unknown(effect, fence, tries, 'Attempt after attempt was lost while carrying it out.')
          : execute(effect, fence, tries);
      }
    }
  }

  /** A process that was frozen after its claim must not go on as if no time had passed. */
  async function claimFreshly(effect: Effect) {
    for (;;) {
      const began = Date.now();
      const claim = await claimOnce(effect);
      if (claim.outcome !== 'claimed' || Date.now() - began < EFFECT.claimFreshMs) return claim;
    }
  }

  async function claimOnce(effect: Effect) {
    const { asked, tool, input } = effect;
    const place = tool.place?.(input);
    return ledger.claimEffect({
      ...claimOf(asked),
      repeat: repeatOf(effect),
      ...(place === undefined ? {} : { place: `${tool.name}:${place}` }),
    });
  }

  /** The part of a claim that does not depend on what this worker can carry out. */
  function claimOf(asked: PerformEffectInput): Omit<EffectClaimInput, 'repeat'> {
    const { info, cancellationSignal } = Context.current();
    if (cancellationSignal.aborted) throw new CancelledFailure('cancelled');
    return {
      stepKey: asked.stepKey,
      runKey: runKey(asked.run),
      phase: asked.phase,
      tool: asked.tool,
      inputSha256: asked.inputSha256,
      temporalRunId: temporalRunId(),
      entry: asked.entry,
      attempt: info.attempt,
      claimedBefore: noteOfEarlierAttempt().claimed === true,
      ...(asked.decided === 'approve' ? { concludes: true as const } : {}),
    };
  }

  async function execute(effect: Effect, fence: Fence, tries: number): Promise<Outcome> {
    const { asked, tool, input, triesMax, executeMs } = effect;
    let result: unknown;
    noteForNextAttempt({ claimed: true });
    try {
      result = await within(executeMs, (signal) => tool.run(input, contextOf(asked, signal)));
    } catch (error) {
      // Only a tool's own word says that nothing was changed; anything else leaves it unknown.
      if (!(error instanceof ToolError))
        return unknown(effect, fence, tries, (error as Error).message);
      if (!error.retryable) {
        const isInput = error.kind === 'invalid_input' || error.kind === 'too_large';
        return fail(effect, fence, isInput ? 'refused' : 'failed', error.message);
      }
      const failed = await fail(effect, fence, 'failed', error.message);
      if (tries < triesMax)
        throw new StepToRetry(backoffMs(tries, error.retryAfterMs, effect.backoff));
      return failed;
    }
    return commit(asked, result);
  }

  /** What has happened is held until it is on record. */
  async function commit(asked: PerformEffectInput, result: unknown): Promise<Outcome> {
    const resultSha256 = await hold(() => putJson(content, result));
    await hold(() => ledger.commitEffect(asked.stepKey, resultSha256));
    return { outcome: 'done', resultSha256 };
  }

  async function fail(
    effect: Effect,
    fence: Fence,
    as: 'failed' | 'refused',
    report: string,
  ): Promise<Outcome> {
    return { outcome: as, reportSha256: await recordFailure(effect, fence, as, report) };
  }

  /** Nobody knows what became of it: again under the same key where that is harmless, else the target is asked. */
  async function unknown(
    effect: Effect,
    fence: Fence,
    tries: number,
    report: string,
  ): Promise<Outcome> {
    await recordFailure(effect, fence, 'unknown', report);
    if (effect.mode === 'idempotent' && tries < effect.triesMax)
      throw new StepToRetry(backoffMs(tries, undefined, effect.backoff));
    return askTarget(effect, report);
  }

  async function recordFailure(
    { asked }: Effect,
    fence: Fence,
    as: EffectFailure['as'],
    report: string,
  ): Promise<string> {
    const reportSha256 = await hold(() => putText(content, report));
    await hold(() => ledger.failEffect({ stepKey: asked.stepKey, fence, as, reportSha256 }));
    return reportSha256;
  }

  async function askTarget(effect: Effect, report: string): Promise<Outcome> {
    const { asked, tool, input } = effect;
    let answer = 'The target cannot be asked what became of it.';
    let seen: 'not_seen' | 'cannot_tell' = 'cannot_tell';
    if (tool.reconcile && effect.asksTarget)
      try {
        const told = await within(EFFECT.reconcileMs, async (signal) =>
          tool.reconcile?.(input, contextOf(asked, signal)),
        );
        if (told?.seen === 'done') return commit(asked, told.result);
        seen = told?.seen ?? seen;
        answer =
          seen === 'not_seen'
            ? 'The target was asked and has not seen it; it may still be on its way.'
            : 'The target was asked and cannot tell.';
      } catch (error) {
        answer = `The target was asked and gave no answer: ${(error as Error).message}`;
      }
    const reportSha256 = await hold(() => putText(content, `${report}\n${answer}`));
    return { outcome: 'unknown', seen, reportSha256 };
  }

  function contextOf({ stepKey }: PerformEffectInput, signal: AbortSignal): ToolContext {
    return { content, documents: undefined, signal, stepKey };
  }
}

function repeatOf({ asked, mode }: Effect): EffectRepeat {
  // What has happened, as a person says, is only recorded.
  if (mode === 'idempotent' || asked.decided === 'approve') return 'always';
  return asked.decided === 'resume' ? 'once' : 'never';
}

const placeOf = ({ tool, input }: Effect): string => tool.place?.(input) ?? tool.name;

/**
 * Ends in time also where the task does not heed its signal. Cancellation does not cut it short: a
 * request that is on its way had better be heard to its end.
 */
async function within<T>(ms: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const timer = new AbortController();
  const wait = (waitMs: number) => pause(waitMs, undefined, { signal: timer.signal });
  // A process that was frozen hears first what has arrived meanwhile.
  const late = wait(ms)
    .then(() => wait(EFFECT.thawMs))
    .then(() => {
      over.abort();
      throw new Error(`did not end in ${ms} ms`);
    });
  try {
    return await Promise.race([task(over.signal), late]);
  } finally {
    timer.abort();
    late.catch(() => {
      // It lost the race, or its error has been thrown above.
    });
  }
}
