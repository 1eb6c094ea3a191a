/** What is done about a tool call that failed: the actions of its ladder, the first that is possible. */
import type { Categories } from '../../contracts/categories';
import { canonicalJson, getJson, getText } from '../../contracts/content';
import type { ArtifactBytes } from '../../contracts/ledger';
import type { RecoveryAction } from '../../contracts/recoveries';
import type { Limitation } from '../../contracts/run-status';
import type { ToolPolicy } from '../../contracts/team/resolved';
import { holdFor } from '../ledger-wait';
import { noteRecovery } from '../recoveries';
import { fallbackInput } from '../tools/executor/fallback-input';
import { isOfTheCall, mayRetry, type ToolFailure } from '../tools/executor/tool-failure';
import { errorOutcome, type ToolOutcome } from '../tools/executor/tool-outcome';
import { type Tool, ToolError } from '../tools/tool';
import { type Attempt, backoffMs, retryLater } from './attempt';
import { RoundRejected, RoundSuspended } from './interruptions';
import type { TakenToolStep, ToolTurn } from './tool-step';

export interface RecoverableStep {
  attempt: Attempt;
  stepKey: string;
  /** The call as it was made. */
  asked: ArtifactBytes;
  /** It stands in for another call, whose own ladder goes on where it fails. */
  isFallback: boolean;
  policy: ToolPolicy;
  /** Absent where there is no such tool. */
  tool: Tool | undefined;
  /** Absent where it does not fit. */
  input: unknown;
  callInstead(tool: string, input: unknown): Promise<Exclude<ToolTurn, { failed: unknown }>>;
  /** A result as it is handed over. */
  outcomeOf(text: string, categories: Categories | undefined): Promise<ToolOutcome>;
  conclude(outcome: ToolOutcome): Promise<TakenToolStep>;
}

/**
 * @param tries calls that have failed
 * @throws StepToRetry, RoundSuspended, RoundRejected
 */
export async function recoverTool(
  step: RecoverableStep,
  failed: ToolFailure,
  tries: number,
): Promise<TakenToolStep> {
  const { attempt, stepKey, asked, policy, isFallback } = step;
  const hold = holdFor(stepKey);
  const { kind, error } = failed;
  for (const action of policy.ladders[kind]) {
    switch (action) {
      case 'retry': {
        if (!mayRetry(policy, failed, tries)) break;
        await note(action);
        const delayMs = backoffMs(tries, error.retryAfterMs, policy.backoff);
        throw retryLater(attempt, { stepKey, digest: asked.sha256 }, delayMs);
      }
      case 'fallback_tool': {
        const outcome = await callFallback();
        if (!outcome) break;
        await note(action);
        return step.conclude(outcome);
      }
      case 'last_good_result': {
        const outcome = isFallback ? undefined : await lastGoodResult();
        if (!outcome) break;
        await note(action);
        return step.conclude(outcome);
      }
      case 'skip':
      case 'tell_agent':
        if (isFallback || (policy.required && !isOfTheCall(kind))) break;
        await note(action);
        return step.conclude({
          ...errorOutcome(kind, action === 'skip' ? skipped(error) : error),
          ...(action === 'skip' ? { limitation: limitation('source_unavailable') } : {}),
        });
      case 'degrade':
        if (isFallback || attempt.phase.required) break;
        throw rejected();
      case 'ask_operator':
        if (isFallback) break;
        // It names the call, which only a claim stores.
        await hold(() => attempt.content.put(asked.bytes, asked.mediaType));
        throw new RoundSuspended([
          { reason: 'operator', stepKey, digest: asked.sha256, failure: kind },
        ]);
      default:
        throw rejected();
    }
  }
  if (isFallback) return step.conclude(errorOutcome(kind, error));
  throw rejected();

  /** Once for each call: a repeated attempt may come to the same again. */
  async function note(action: RecoveryAction): Promise<void> {
    const once = action === 'retry' ? {} : { once: true as const };
    const recovery = { round: attempt.round, stepKey, failure: kind, action, ...once };
    await hold(() => noteRecovery(attempt.ledger, recovery));
  }

  async function callFallback(): Promise<ToolOutcome | undefined> {
    const { fallback } = policy;
    if (!fallback) return undefined;
    const turn = await step.callInstead(fallback.tool, fallbackInput(fallback.input, step.input));
    if ('pending' in turn) {
      if (turn.pending.reason === 'held_up') throw new RoundSuspended([turn.pending]);
      return undefined;
    }
    if (turn.taken.isError) return undefined;
    const notice = `The tool ${policy.tool} gave no result: ${error.message}. This is what ${fallback.tool} gave instead.`;
    return standIn(turn.taken, { notice });
  }

  async function lastGoodResult(): Promise<ToolOutcome | undefined> {
    const earlier = await attempt.ledger.earlierResult({
      runKey: attempt.round.runKey,
      tool: policy.tool,
      requestDigest: asked.sha256,
      ageMsMax: policy.lastGoodAgeMsMax,
      ofThisRun: step.tool?.ofThisRun ?? false,
    });
    if (!earlier) return undefined;
    const { ageMs } = earlier;
    const outcome = await getJson<ToolOutcome>(attempt.content, earlier.outcomeSha256);
    const parsed = step.tool?.output?.parse(await wholeOf(outcome));
    // The tool was another then.
    if (parsed && 'problems' in parsed) return undefined;
    const notice = `The tool ${policy.tool} gave no result: ${error.message}. This is what it gave to the same call ${ageMs} ms ago: it may not hold any more.`;
    const stale = await standIn(outcome, { notice, ageMs });
    return {
      ...stale,
      standIn: 'last_good_result',
      limitation: { ...limitation('stale_result'), ageMs },
    };
  }

  async function standIn(outcome: ToolOutcome, told: object): Promise<ToolOutcome> {
    const text = canonicalJson({ ...told, result: await wholeOf(outcome) });
    return { ...(await step.outcomeOf(text, outcome.categories)), standIn: 'fallback_tool' };
  }

  async function wholeOf({ fullSha256, content }: ToolOutcome): Promise<unknown> {
    return JSON.parse(fullSha256 ? await getText(attempt.content, fullSha256) : content);
  }

  function limitation(what: 'source_unavailable' | 'stale_result'): Limitation {
    const source = step.input === undefined ? undefined : step.tool?.source?.(step.input);
    return {
      kind: what,
      phase: attempt.phase.name,
      source: source ?? policy.tool,
      tool: policy.tool,
      failure: kind,
    };
  }

  function rejected(): RoundRejected {
    return new RoundRejected(
      kind,
      `The tool ${policy.tool} ${error.message} (${error.kind}), and the phase cannot do without.`,
    );
  }
}

/** Asking again is over: the agent goes on without. */
const skipped = ({ kind, message, details }: ToolError): ToolError =>
  new ToolError(kind, `${message}; go on without, and say what is missing`, {
    retryable: false,
    details,
  });
