/** `admitDecision`: who made a decision, and whether what it refers to is there and fits. */
import type { AdmitDecisionInput } from '../contracts/activities';
import { type ContentStore, getJson, getText, type Sha256 } from '../contracts/content';
import type { DecisionSigner } from '../contracts/decision-proof';
import { UserError } from '../contracts/errors';
import type { DecisionAdmission } from '../contracts/reviews';
import { expectationsOf, outputViolations } from '../contracts/team/expectations';
import { phaseOfTeam, type ResolvedTeam } from '../contracts/team/resolved';

export interface AdmitDecisionDeps {
  content: ContentStore;
  signer: DecisionSigner;
}

export function createAdmitDecision({ content, signer }: AdmitDecisionDeps) {
  return async (input: AdmitDecisionInput): Promise<DecisionAdmission> => {
    const { run, decision } = input;
    const refused = await refusalOf(content, input);
    const groups = signer.verified(run, decision);
    return { ...(groups ? { groups } : {}), ...(refused ? { refused } : {}) };
  };
}

async function refusalOf(
  content: ContentStore,
  { decision, phase, resolvedTeamSha256 }: AdmitDecisionInput,
): Promise<DecisionAdmission['refused']> {
  try {
    if (decision.commentSha256) await getText(content, decision.commentSha256);
    if (!decision.outputSha256) return undefined;
    const team = await getJson<ResolvedTeam>(content, resolvedTeamSha256);
    return (await fits(content, team, phase, decision.outputSha256)) ? undefined : 'bad_edit';
  } catch (error) {
    if (error instanceof UserError && error.kind === 'not_found') return 'no_artifact';
    throw error;
  }
}

async function fits(
  content: ContentStore,
  team: ResolvedTeam,
  phase: string,
  sha256: Sha256,
): Promise<boolean> {
  try {
    const output = await getJson<unknown>(content, sha256);
    const expectations = expectationsOf(team, phase);
    return outputViolations(phaseOfTeam(team, phase), expectations, output).length === 0;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
