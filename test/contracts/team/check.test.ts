import { z } from 'zod';
import { NAME_CHARACTERS_MAX, PHASE_LIMITS } from '../../../contracts/limits';
import { checkTeam } from '../../../contracts/team/check';
import { definePhase, defineTeam } from '../../../contracts/team/define';
import type { TeamProblem } from '../../../contracts/team/problems';
import { installedTools } from '../../../contracts/tools';
import { phase, row, team } from '../../support/teams';

const HERE = installedTools();
const problemsOf = (definition: unknown): TeamProblem[] => checkTeam(definition, HERE).problems;
const definitionOf = (...phases: unknown[]): unknown => ({
  name: 'test',
  version: '1.0.0',
  phases,
});
const object = (properties: object, changes: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...changes,
});
const TEXT = { type: 'string' };

describe('a team that is well formed', () => {
  it('is given every default, none of them unlimited', () => {
    const { definition } = team(row(phase('research'), phase('writing')));
    const checked = checkTeam(definition, HERE);
    expect(checked.problems).toEqual([]);
    expect(checked.team).toMatchObject({
      documents: 'none',
      budgetMicroUsd: 2_000_000,
      description: '',
      phases: [
        { name: 'research', needs: [], required: true, review: 'never', tools: [], effects: [] },
        { name: 'writing', needs: [{ phase: 'research' }] },
      ],
    });
    const defaults = Object.entries(PHASE_LIMITS).map(([name, limit]) => [name, limit.default]);
    expect(checked.team?.phases[0]?.limits).toEqual(Object.fromEntries(defaults));
  });

  it('is the same whether written with defineTeam or as JSON', () => {
    const written = defineTeam({
      name: 'report',
      version: '1.0.0',
      phases: [
        definePhase({
          name: 'research',
          role: 'You research.',
          instructions: 'Find out.',
          model: { name: 'claude-haiku-5-5' },
          produces: z.object({
            findings: z.array(z.object({ quote: z.string(), line: z.int().min(1) })).min(1),
            verdict: z.enum(['enough', 'more']),
            note: z.string().optional(),
          }),
          limits: { roundsMax: 2 },
        }),
      ],
    });
    const json = `{
      "name": "report", "version": "1.0.0",
      "phases": [{
        "name": "research", "role": "You research.", "instructions": "Find out.",
        "model": {"name": "claude-haiku-5-5"},
        "limits": {"roundsMax": 2},
        "produces": {
          "type": "object",
          "properties": {
            "findings": {
              "minItems": 1, "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "quote": {"type": "string"},
                  "line": {"type": "integer", "minimum": 1, "maximum": 9007199254740991}
                },
                "required": ["quote", "line"],
                "additionalProperties": false
              }
            },
            "verdict": {"type": "string", "enum": ["enough", "more"]},
            "note": {"type": "string"}
          },
          "required": ["findings", "verdict"],
          "additionalProperties": false
        }
      }]
    }`;
    const checked = checkTeam(written.definition, HERE);
    expect(checked.problems).toEqual([]);
    expect(checkTeam(JSON.parse(json), HERE)).toEqual(checked);
  });

  it('may need a phase with an expectation, and send work back to one it builds on', () => {
    const verdict = object({ verdict: { type: 'string', enum: ['ok', 'revise'] } });
    const definition = definitionOf(
      phase('research'),
      phase('writing', { needs: ['research'] }),
      phase('review', {
        needs: [{ phase: 'writing', expects: { required: ['note'] } }],
        produces: verdict,
        revises: { phase: 'research', field: 'verdict', equals: 'revise' },
        tools: ['search_documents'],
        effects: [{ tool: 'publish_file', input: { path: '{{output.verdict}}.md', content: 'x' } }],
      }),
    );
    expect(problemsOf(definition)).toEqual([]);
  });
});

describe('a team that is not', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['a number', 5],
    ['a string', 'team'],
    ['a list', [phase('research')]],
    ['a function', () => undefined],
    ['empty', {}],
    ['phases that are no list', { name: 'test', version: '1', phases: 'research' }],
    ['no phases', definitionOf()],
    ['phases that are no objects', definitionOf(null, 5, 'research', [])],
  ])('%s', (_, definition) => {
    const problems = problemsOf(definition);
    expect(problems.length).toBeGreaterThan(0);
    for (const { message } of problems) expect(message).not.toBe('');
  });

  it.each<[string, unknown[], Record<string, RegExp>]>([
    [
      'ladders of which nothing is possible',
      [
        phase('research', {
          recoveries: { refused_by_model: ['fallback_model'], overloaded: ['degrade'] },
        }),
      ],
      {
        'phases/0/recoveries/refused_by_model': /can do nothing here/,
        'phases/0/recoveries/overloaded': /"required": false/,
      },
    ],
    [
      'a phase that needs itself',
      [phase('research', { needs: ['research'] })],
      { 'phases/0': /"research" needs itself: research → research/ },
    ],
    [
      'a cycle, and a phase that waits for it for ever',
      [
        phase('a', { needs: ['c'] }),
        phase('b', { needs: ['a'] }),
        phase('c', { needs: ['b'] }),
        phase('d', { needs: ['c'] }),
      ],
      {
        'phases/0': /"a" needs itself: a → c → b → a/,
        'phases/1': /"b" needs itself/,
        'phases/2': /"c" needs itself/,
        'phases/3': /"d" can never start: it waits for "c", which never ends/,
      },
    ],
    [
      'an unknown need',
      [phase('writing', { needs: ['research', { phase: 'figures' }] })],
      {
        'phases/0/needs/0': /needs "research", which is not a phase/,
        'phases/0/needs/1': /needs "figures", which is not a phase/,
        'phases/0': /can never start: it waits for "research" and "figures"/,
      },
    ],
    [
      'the same need twice',
      [phase('a'), phase('b', { needs: ['a', { phase: 'a' }] })],
      { 'phases/1/needs/1': /needs "a" twice/ },
    ],
    [
      'a need that is no name',
      [phase('a'), { ...phase('b'), needs: [7] }],
      {
        'phases/1/needs/0':
          /must be a phase name or \{"phase": name, "expects": schema, "checks": names\}/,
      },
    ],
    [
      'two phases of one name',
      [phase('a'), phase('b'), phase('a')],
      { 'phases/2/name': /"a" is the name of an earlier phase too/ },
    ],
    [
      'names that are none',
      [{ ...phase('Big Name') }, phase('9lives'), phase('x'.repeat(NAME_CHARACTERS_MAX + 1))],
      {
        'phases/0/name': /must start with a lower-case letter/,
        'phases/1/name': /must start with a lower-case letter/,
        'phases/2/name': /40 characters at most/,
      },
    ],
    [
      'unknown tools',
      [phase('a', { tools: ['publish_file', 'rm'], effects: [{ tool: 'mail', input: {} }] })],
      {
        'phases/0/tools/1': /"rm" is not a tool that is installed here; there are search_documents/,
        'phases/0/effects/0/tool': /"mail" is not a tool/,
      },
    ],
    [
      'unknown properties, each by its name',
      [{ ...phase('a'), retries: 3, prompt: 'x', limits: { roundMax: 1 } }],
      {
        'phases/0/retries': /is not a property/,
        'phases/0/prompt': /is not a property/,
        'phases/0/limits/roundMax': /is not a property/,
      },
    ],
    [
      'times that contradict each other',
      [
        phase('a', {
          limits: {
            heartbeatMs: 2_000,
            startToCloseMs: 2_000,
            scheduleToCloseMs: 1_500,
            stallMs: 6_000,
            callMs: 5_000,
          },
        }),
      ],
      {
        'phases/0/limits/heartbeatMs': /must be shorter than startToCloseMs/,
        'phases/0/limits/startToCloseMs': /must not be longer than scheduleToCloseMs/,
        'phases/0/limits/stallMs': /must not be longer than callMs/,
      },
    ],
    [
      'work sent back to a phase that it does not build on, by a field that is not there',
      [
        phase('a'),
        phase('b', { revises: { phase: 'a', field: 'toString', equals: 'revise' } }),
        phase('c', { needs: ['a'], revises: { phase: 'c', field: 'note', equals: true } }),
      ],
      {
        'phases/1/revises/phase': /"a" is not a phase that "b" builds on/,
        'phases/1/revises/field': /"toString" is not a property of what the phase produces/,
        'phases/2/revises/phase': /"c" is not a phase that "c" builds on/,
        'phases/2/revises/equals': /true is never the value of "note"/,
      },
    ],
    [
      'work sent back on a verdict that is not on offer',
      [
        phase('a'),
        phase('b', {
          needs: ['a'],
          produces: object({ verdict: { enum: ['ok', 'again'] } }),
          revises: { phase: 'a', field: 'verdict', equals: 'revise' },
        }),
      ],
      { 'phases/1/revises/equals': /"revise" is not among the values of "verdict"/ },
    ],
    [
      'expectations that are no schemas, also where the contract is none',
      [
        phase('a'),
        phase('b', {
          needs: [{ phase: 'a', expects: { type: 'wurst' } }],
          produces: { type: 'string' },
        }),
      ],
      {
        'phases/1/needs/0/expects': /is not a valid JSON Schema: .*type/,
        'phases/1/produces': /must be an object at its root/,
      },
    ],
    [
      'a contract that is no object',
      [
        { ...phase('a'), produces: [] },
        { ...phase('b'), produces: 'text' },
        phase('c', { produces: {} }),
      ],
      { 'phases/0/produces': /./, 'phases/1/produces': /./, 'phases/2/produces': /no "type"/ },
    ],
    [
      'a contract in another dialect, and one whose verdicts would be promises',
      [
        phase('a', {
          produces: object({ t: TEXT }, { $schema: 'http://json-schema.org/draft-07/schema#' }),
        }),
        phase('b', { produces: object({ t: TEXT }, { $async: true }) }),
      ],
      {
        'phases/0/produces': /not a valid JSON Schema: .*draft-07/,
        'phases/1/produces': /"\$async" is not JSON Schema/,
      },
    ],
  ])('%s', (_, phases, expected) => {
    const found = problemsOf(definitionOf(...phases));
    for (const [path, message] of Object.entries(expected))
      expect(found).toContainEqual({ path, message: expect.stringMatching(message) });
    expect([...new Set(found.map(({ path }) => path))].sort()).toEqual(
      Object.keys(expected).sort(),
    );
  });

  it.each(Object.entries(PHASE_LIMITS))('%s beyond its range', (name, { min, max }) => {
    const values = [
      0,
      -1,
      min - 1,
      max + 1,
      null,
      'unlimited',
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '5',
    ];
    for (const value of values)
      expect(problemsOf(definitionOf({ ...phase('a'), limits: { [name]: value } }))).toContainEqual(
        {
          path: `phases/0/limits/${name}`,
          message: `must be a whole number from ${min} to ${max}; nothing is unlimited`,
        },
      );
  });

  it.each([0, null, -1, 999, 1e15, 'much'])('a budget of %p', (budgetMicroUsd) => {
    expect(problemsOf({ ...team([phase('a')]).definition, budgetMicroUsd })).toEqual([
      {
        path: 'budgetMicroUsd',
        message: expect.stringMatching(/micro-dollars; nothing is unlimit/),
      },
    ]);
  });

  it('is told everything at once', () => {
    const problems = problemsOf({
      name: 'Bad Name',
      colour: 'red',
      phases: [
        {
          ...phase('a'),
          needs: ['b', 'ghost'],
          tools: ['rm'],
          limits: { roundsMax: 0 },
          review: 'sometimes',
          produces: { type: 'object' },
        },
        { ...phase('b'), needs: ['a'] },
        phase('b'),
      ],
    });
    expect(problems.map(({ path }) => path).sort()).toEqual(
      [
        'colour',
        'name',
        'phases/0',
        'phases/0/limits/roundsMax',
        'phases/0/needs/1',
        'phases/0/produces',
        'phases/0/review',
        'phases/0/tools/0',
        'phases/2/name',
        'version',
      ].sort(),
    );
  });
});

describe('what is written in another form than is taken', () => {
  const problemOf = (changes: object): TeamProblem | undefined =>
    problemsOf(definitionOf({ ...phase('only'), ...changes }))[0];

  it.each([
    ['a model by its name alone', { fallbackModels: ['m'] }, /^must be an object, e.g. {"name": /],
    ['another word for a review', { review: 'maybe' }, /^must be "never", "always" or {"when"/],
    ['another word for when', { review: { when: 'maybe' } }, /or a list of triggers, e.g. /],
    [
      'a trigger without its threshold',
      { review: { when: [{ kind: 'low_confidence' }] } },
      /number/,
    ],
    [
      'an unknown failure',
      { recoveries: { nope: ['retry'] } },
      /there are rate_limited, overloaded, /,
    ],
  ])('names the forms that there are: %s', (_what, changes, message) => {
    expect(problemOf(changes)?.message).toMatch(message);
  });
});
