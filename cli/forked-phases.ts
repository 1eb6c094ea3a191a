/** What a fork does itself besides the phase that it is forked from and all that builds on it. */
import type { TeamInput } from '../contracts/team/schema';
import type { PhaseView } from '../contracts/views';
import { withDownstream } from '../domain/graph';

/** Phases that had not ended in the run that is forked, so that there was nothing to take over. */
export function doneAnew(
  phases: readonly PhaseView[],
  team: Pick<TeamInput, 'phases'>,
  { from, editOutput }: { from: string; editOutput: Readonly<Record<string, string>> },
): string[] {
  const plan = team.phases.map(({ name, needs = [] }) => ({
    name,
    needs: needs.map((need) => (typeof need === 'string' ? need : need.phase)),
  }));
  const again = withDownstream({ phases: plan }, from);
  return phases
    .filter(({ status }) => status !== 'done' && status !== 'degraded')
    .map(({ name }) => name)
    .filter((name) => !again.includes(name) && !Object.hasOwn(editOutput, name));
}
