/** Teams written in TypeScript: contracts are zod schemas, and results are typed by them. */
import { z } from 'zod';
import type { JsonSchema, TeamInput } from './schema';

type PhaseInput = TeamInput['phases'][number];

/** A phase whose contract is a zod object instead of a JSON Schema. */
export interface PhaseDefinition<
  Name extends string = string,
  Produces extends z.ZodObject = z.ZodObject,
> extends Omit<PhaseInput, 'name' | 'produces'> {
  name: Name;
  produces: Produces;
}

/** A team whose phases' outputs are known to the compiler. Plain JSON otherwise. */
export interface DefinedTeam<Outputs = Record<string, unknown>> {
  definition: TeamInput;
  /** Never present at run time; carries the types of the outputs by phase. */
  readonly outputs?: Outputs;
}

/** Keeps a phase's name and contract as types. */
export function definePhase<const Name extends string, Produces extends z.ZodObject>(
  phase: PhaseDefinition<Name, Produces>,
): PhaseDefinition<Name, Produces> {
  return phase;
}

type OutputsOf<Phases extends readonly PhaseDefinition[]> = {
  [P in Phases[number] as P['name']]: z.output<P['produces']>;
};

/**
 * Makes the plain JSON definition out of zod contracts.
 * @throws Error when a contract cannot be a JSON Schema (`z.date()`, `z.map()`, transforms).
 */
export function defineTeam<const Phases extends readonly PhaseDefinition[]>(
  team: Omit<TeamInput, 'phases'> & { phases: Phases },
): DefinedTeam<OutputsOf<Phases>> {
  return {
    definition: {
      ...team,
      phases: team.phases.map((phase) => ({ ...phase, produces: toContract(phase.produces) })),
    },
  };
}

function toContract(schema: z.ZodObject): JsonSchema {
  const { $schema: _dialect, ...contract } = z.toJSONSchema(schema, { io: 'output' }) as JsonSchema;
  return contract;
}
