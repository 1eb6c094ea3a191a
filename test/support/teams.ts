/** Small teams for tests. */
import type { DefinedTeam } from '../../contracts/team/define';
import type { TeamInput } from '../../contracts/team/schema';

type PhaseInput = TeamInput['phases'][number];

const NOTE = {
  type: 'object',
  properties: { note: { type: 'string' } },
  required: ['note'],
  additionalProperties: false,
};

export function phase(name: string, changes: Partial<PhaseInput> = {}): PhaseInput {
  return {
    name,
    role: `You are the ${name} agent.`,
    instructions: 'Write one note.',
    model: { name: 'claude-haiku-5-5' },
    produces: NOTE,
    ...changes,
  };
}

/** A team without documents; phases in a row unless they say otherwise. */
export function team(phases: PhaseInput[], changes: Partial<TeamInput> = {}): DefinedTeam {
  return {
    definition: { name: 'test', version: '1.0.0', documents: 'none', phases, ...changes },
  };
}

/** first → second → third … */
export function row(...phases: PhaseInput[]): PhaseInput[] {
  return phases.map((current, index) => {
    const before = phases[index - 1];
    return before ? { ...current, needs: [before.name] } : current;
  });
}
