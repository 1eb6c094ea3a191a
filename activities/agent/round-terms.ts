/** What the instruction of a round changes in how it is held. */
import { COMPACT } from '../../contracts/limits';
import type { Instruction } from '../../contracts/run-state';
import type { Limitation } from '../../contracts/run-status';
import type { Phase } from '../../contracts/team/schema';
import { capabilitiesOf } from '../model/capabilities';

export interface RoundTerms {
  /** Of its first model call. */
  maxOutputTokens: number;
  /** Of the result of a tool as the agent sees it; absent: as the tool's step left it. */
  toolResultCharactersMax?: number;
  /** What an answer given on these terms lacks. */
  limitations: Limitation[];
}

/** @param model the one that is asked */
export function roundTerms(phase: Phase, model: string, instruction?: Instruction): RoundTerms {
  const { outputTokensMax } = capabilitiesOf(model);
  const doublings = instruction?.kind === 'more_room' ? (instruction.nth ?? 1) : 0;
  const isCompact = instruction?.kind === 'compact';
  return {
    maxOutputTokens: Math.min(phase.limits.maxOutputTokens * 2 ** doublings, outputTokensMax),
    limitations: isCompact
      ? [{ kind: 'context_compacted', phase: phase.name, failure: 'context_exceeded' }]
      : [],
    ...(isCompact
      ? { toolResultCharactersMax: compactShare(COMPACT.toolResultCharactersMax, instruction) }
      : {}),
  };
}

/** Each further try has half of what the one before it had. */
export function compactShare(most: number, { nth = 1 }: Instruction): number {
  return Math.floor(most / 2 ** (nth - 1));
}
