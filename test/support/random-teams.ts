/** Random teams: graphs of one to six phases with random contracts and policies. */
import fc from 'fast-check';
import type { JsonSchema, TeamInput } from '../../contracts/team/schema';
import { contracts } from './random-schemas';
import { phase } from './teams';

type PhaseInput = TeamInput['phases'][number];

export interface RandomTeam {
  definition: TeamInput;
  /** An optional phase that the test lets fail, so that the run ends with that limitation. */
  failing?: string;
}

const MODELS: PhaseInput['model'][] = [
  { name: 'claude-haiku-5-5' },
  { name: 'claude-haiku-5-5', effort: 'low' },
  { name: 'claude-sonnet-5-5', effort: 'high' },
  { name: 'claude-opus-4-6' },
  { name: 'claude-haiku-4-5' },
];

/** What makes a phase more than a contract. */
const roles = fc.constantFrom('plain', 'plain', 'optional', 'research', 'reviewer', 'publisher');

const outlines = fc.record({
  produces: contracts,
  model: fc.constantFrom(...MODELS),
  role: roles,
  /** Which of the earlier phases it needs, by bits. */
  needs: fc.nat(63),
  expects: fc.boolean(),
  revisionsMax: fc.integer({ min: 1, max: 2 }),
});

export const teams: fc.Arbitrary<RandomTeam> = fc
  .tuple(fc.array(outlines, { minLength: 1, maxLength: 6 }), fc.nat(1_000_000), fc.boolean())
  .map(([parts, id, mayFail]) => {
    const phases: PhaseInput[] = [];
    for (const part of parts) phases.push(makePhase(part, phases));
    const failing = mayFail ? phases.find(({ required }) => required === false)?.name : undefined;
    return {
      definition: {
        name: `random-${id}`,
        version: '1.0.0',
        documents: phases.some(({ tools = [] }) => tools.length > 0) ? 'required' : 'none',
        budgetMicroUsd: 10_000_000,
        phases,
      },
      ...(failing ? { failing } : {}),
    };
  });

type Outline = typeof outlines extends fc.Arbitrary<infer T> ? T : never;

function makePhase(part: Outline, earlier: PhaseInput[]): PhaseInput {
  const index = earlier.length;
  const needed = earlier.filter((_, at) => part.needs & (1 << at));
  const common = {
    model: part.model,
    produces: part.produces,
    needs: needed.map((source) => (part.expects ? expecting(source) : source.name)),
    limits: { maxOutputTokens: 16_000 },
  };
  const named = (role: string, changes: Partial<PhaseInput> = {}) =>
    phase(`${role}-${index}`, { ...common, ...changes });
  const [target] = needed;
  switch (part.role) {
    case 'optional':
      return named('extra', { required: false });
    case 'research':
      return named('research', {
        tools: ['search_documents', 'read_document'],
        checks: ['quotesExist'],
        produces: withProperty(part.produces, 'evidence', EVIDENCE),
      });
    case 'reviewer':
      if (!target) return named('note');
      return named('review', {
        produces: withProperty(part.produces, 'verdict', VERDICT),
        revises: {
          phase: target.name,
          field: 'verdict',
          equals: 'revise',
          revisionsMax: part.revisionsMax,
        },
      });
    case 'publisher':
      return named('publish', {
        effects: [
          { tool: 'publish_file', input: { path: `${index}.md`, content: 'On {{question}}' } },
        ],
      });
    default:
      return named('note');
  }
}

const VERDICT = { type: 'string', enum: ['approve', 'revise'] };
const EVIDENCE = {
  type: 'array',
  minItems: 1,
  maxItems: 4,
  items: {
    type: 'object',
    properties: {
      quote: { type: 'string', minLength: 1, description: 'Word for word from the document.' },
      document: { type: 'string' },
      line: { type: 'integer', minimum: 1 },
    },
    required: ['quote', 'document', 'line'],
    additionalProperties: false,
  },
};

function withProperty(contract: JsonSchema, name: string, schema: JsonSchema): JsonSchema {
  return {
    ...contract,
    properties: { [name]: schema, ...(contract.properties as JsonSchema) },
    required: [name, ...((contract.required as string[] | undefined) ?? [])],
  };
}

/** The receiver asks for what its source promises, and for one thing that it leaves open. */
function expecting({ name, produces }: PhaseInput) {
  const {
    required = [],
    properties,
    $defs,
  } = produces as {
    required?: string[];
    properties: JsonSchema;
    $defs?: JsonSchema;
  };
  const open = Object.keys(properties).filter((key) => !required.includes(key));
  return {
    phase: name,
    expects: {
      type: 'object',
      properties,
      required: [...required, ...open.slice(0, 1)],
      ...($defs ? { $defs } : {}),
    },
  };
}
