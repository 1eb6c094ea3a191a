/** What the runs of a load do: one short phase after another. */
import type { TeamInput } from '../../contracts/team/schema';

const NOTE = {
  type: 'object',
  properties: { note: { type: 'string', minLength: 1 } },
  required: ['note'],
  additionalProperties: false,
};

const phase = (name: string, needs: string[]) => ({
  name,
  needs,
  role: 'You are a clerk.',
  instructions: 'Write one note.',
  model: { name: 'claude-haiku-5-5' },
  produces: NOTE,
});

export const LOAD_TEAM: TeamInput = {
  name: 'load',
  version: '1.0.0',
  documents: 'none',
  phases: [phase('first', []), phase('second', ['first'])],
};
