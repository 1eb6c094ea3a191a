/** `performEffect`: changes the outside world once, with exactly the bytes that were approved. */
import { Context } from '@temporalio/activity';
import type { PerformEffectInput, PerformEffectResult } from '../contracts/activities';
import { getJson, putJson, putText } from '../contracts/content';
import { runKey } from '../contracts/ids';
import type { EffectClaim, Ledger } from '../contracts/ledger';
import { SHORT_ACTIVITY } from '../contracts/limits';
import { recordFirst, temporalRunId } from './activity-frame';
import { hold } from './agent/attempt';
import { AttemptFenced } from './agent/interruptions';
import { type Tool, ToolError } from './tools/tool';

export function createPerformEffect(deps: { ledger: Ledger; tools: Map<string, Tool> }) {
  const { ledger, tools } = deps;

  return async (input: PerformEffectInput): Promise<PerformEffectResult> => {
    const recordedVersion = await recordFirst(ledger, input);
    const tool = tools.get(input.tool);
    if (!tool) throw new RangeError(`tool ${input.tool} is not installed in this worker`);
    const claim = await claimEffect(input, tool);
    if (claim.outcome === 'fenced' || claim.outcome === 'closed')
      throw new AttemptFenced(claim.outcome);
    if (claim.outcome === 'unknown') return { recordedVersion, outcome: 'unknown' };
    if (claim.outcome === 'done')
      return { recordedVersion, outcome: 'done', resultSha256: claim.resultSha256 };
    return { recordedVersion, ...(await execute(input, tool)) };
  };

  async function claimEffect(input: PerformEffectInput, tool: Tool): Promise<EffectClaim> {
    const { info } = Context.current();
    const request = {
      stepKey: input.stepKey,
      runKey: runKey(input.run),
      phase: input.phase,
      tool: input.tool,
      inputSha256: input.inputSha256,
      temporalRunId: temporalRunId(),
      entry: input.entry,
      attempt: info.attempt,
    };
    const claim = input.again
      ? await ledger.reclaimEffect(request)
      : await ledger.claimEffect(request);
    // The target recognises the key, so carrying it out again changes nothing.
    const mayRepeat = claim.outcome === 'unknown' && tool.effect === 'idempotent';
    return mayRepeat ? ledger.reclaimEffect(request) : claim;
  }

  async function execute(
    { stepKey, inputSha256 }: PerformEffectInput,
    tool: Tool,
  ): Promise<
    { outcome: 'done'; resultSha256: string } | { outcome: 'failed'; reportSha256: string }
  > {
    const { content } = ledger;
    const input = await getJson(content, inputSha256);
    try {
      const result = await tool.run(input, {
        content,
        documents: undefined,
        signal: AbortSignal.any([
          Context.current().cancellationSignal,
          AbortSignal.timeout(SHORT_ACTIVITY.startToCloseMs),
        ]),
        stepKey,
      });
      const resultSha256 = await hold(() => putJson(content, result));
      await hold(() => ledger.commitEffect(stepKey, resultSha256));
      return { outcome: 'done', resultSha256 };
    } catch (error) {
      // Only a tool's own word says that nothing was changed; anything else leaves it unknown.
      if (!(error instanceof ToolError)) throw error;
      await hold(() => ledger.releaseEffect(stepKey));
      return { outcome: 'failed', reportSha256: await putText(content, error.message) };
    }
  }
}
