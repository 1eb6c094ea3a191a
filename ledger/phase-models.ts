/** Which model a phase asks: its own, or one that it has fallen back on. */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type ContentStore, getJson } from '../contracts/content';
import { UserError } from '../contracts/errors';
import type { RunPlan } from '../contracts/plan';
import type { PhaseState } from '../contracts/run-state';

/** Teams kept, by their resolved form: whoever watches a run asks again and again. */
const TEAMS_CACHED_MAX = 200;

const Model = z.object({ name: z.string() }).transform(({ name }) => name);
/** A refused run names its team as it was sent, which may be anything. */
const Models = z.object({
  phases: z.array(
    z.object({ name: z.string(), model: Model, fallbackModels: z.array(Model).default([]) }),
  ),
});

type ModelOf = (phase: string, state: PhaseState | undefined) => string | undefined;

export function createPhaseModels(content: ContentStore) {
  const teams = new LRUCache<string, Map<string, string[]>>({ max: TEAMS_CACHED_MAX });

  async function modelsOf(resolvedTeamSha256: string): Promise<Map<string, string[]>> {
    const known = teams.get(resolvedTeamSha256);
    if (known) return known;
    const { data } = Models.safeParse(await teamOf(resolvedTeamSha256));
    const phases = data?.phases ?? [];
    const models = new Map(
      phases.map(({ name, model, fallbackModels }) => [name, [model, ...fallbackModels]]),
    );
    teams.set(resolvedTeamSha256, models);
    return models;
  }

  async function teamOf(resolvedTeamSha256: string): Promise<unknown> {
    try {
      return await getJson(content, resolvedTeamSha256);
    } catch (error) {
      if (error instanceof UserError && error.kind === 'not_found') return undefined;
      throw error;
    }
  }

  /** Says nothing where the team is not known. */
  return async ({ resolvedTeamSha256 }: RunPlan): Promise<ModelOf> => {
    const models = await modelsOf(resolvedTeamSha256);
    return (phase, state) => models.get(phase)?.[state?.model ?? 0];
  };
}
