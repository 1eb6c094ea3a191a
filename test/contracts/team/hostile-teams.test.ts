import fc from 'fast-check';
import { TEAM_PHASES_MAX } from '../../../contracts/limits';
import { checkTeam } from '../../../contracts/team/check';
import type { TeamProblem } from '../../../contracts/team/problems';
import { installedTools } from '../../../contracts/tools';
import { phase } from '../../support/teams';

const problemsOf = (definition: unknown): TeamProblem[] =>
  checkTeam(definition, installedTools()).problems;
const teamOf = (...phases: unknown[]) => ({ name: 'test', version: '1.0.0', phases });
const contractOf = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  ...more,
});
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Far above what a check may take, far below what an exponential or quadratic one does. */
const CHECK_MS_MAX = 2_000;
function checkedInTime(definition: unknown): TeamProblem[] {
  const began = performance.now();
  const problems = problemsOf(definition);
  expect(performance.now() - began).toBeLessThan(CHECK_MS_MAX);
  return problems;
}

describe('a hostile team definition', () => {
  it('never makes the check throw, whatever it is', () => {
    const garbage = fc.anything({ withNullPrototype: true, withSparseArray: true });
    fc.assert(
      fc.property(garbage, (definition) => {
        expect(problemsOf(definition).length).toBeGreaterThan(0);
      }),
    );
  });

  it('never makes the check throw, whatever stands where something is expected', () => {
    const garbage = fc.anything();
    const whole = { ...phase('a'), needs: ['a'], tools: ['t'], limits: {}, effects: [] };
    const keys = [...Object.keys(whole), 'revises', 'required', 'checks', 'constructor'];
    fc.assert(
      fc.property(fc.constantFrom(...keys), garbage, garbage, (key, value, other) => {
        expect(problemsOf(teamOf({ ...whole, [key]: value }, other)).length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('never makes the check throw, whatever its contract says', () => {
    const keyword = fc.constantFrom(
      ...['type', 'properties', 'required', 'items', 'enum', 'const', 'anyOf', 'allOf', 'oneOf'],
      ...['$ref', '$defs', 'definitions', 'pattern', 'format', 'minItems', '$id', '$async', 'not'],
    );
    const schema = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4 },
        fc.anything({ maxDepth: 1 }),
        fc.constantFrom('object', 'array', '#/$defs/a', '#/$defs/__proto__', '(', 'a'),
        fc.array(tie('schema'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(keyword, fc.constantFrom('a', '__proto__')), tie('schema')),
      ),
    })).schema;
    fc.assert(
      fc.property(schema, schema, (produces, expects) => {
        const needs = [{ phase: 'a', expects }];
        const problems = problemsOf(teamOf(phase('a'), { ...phase('b'), needs, produces }));
        expect(Array.isArray(problems)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('is checked in time when every phase needs all before it, and the first itself', () => {
    const needsOf = (index: number) =>
      index === 0 ? ['p0'] : times(Math.min(index, 20), (before) => `p${index - 1 - before}`);
    const phases = times(TEAM_PHASES_MAX, (index) => phase(`p${index}`, { needs: needsOf(index) }));
    expect(checkedInTime(teamOf(...phases))).toHaveLength(TEAM_PHASES_MAX);
  });

  it('is checked in time when it has far too many phases, or needs', () => {
    const chain = times(30_000, (index) => ({ name: `p${index}`, needs: [`p${index + 1}`] }));
    expect(checkedInTime(teamOf(...chain))).toContainEqual({
      path: 'phases',
      message: expect.stringMatching(/50/),
    });
    const needy = { ...phase('a'), needs: times(60_000, (index) => `p${index}`) };
    expect(checkedInTime(teamOf(needy))).toContainEqual({
      path: 'phases/0/needs',
      message: expect.stringMatching(/20/),
    });
  });

  it('is checked without running out of stack, however deep its contract', () => {
    const deep = (wrap: (inner: object) => object) => {
      let schema: object = { type: 'string' };
      for (let depth = 0; depth < 20_000; depth++) schema = wrap(schema);
      return schema;
    };
    const objects = deep((inner) => contractOf({ a: inner }));
    const lists = deep((inner) => ({ type: 'array', items: inner }));
    const deepParts = contractOf(
      {
        a: { $ref: '#/$defs/deep' },
        b: lists,
        c: objects,
        d: { const: lists },
        e: { type: lists, $ref: lists, minimum: lists },
      },
      { $defs: { deep: objects }, required: [lists] },
    );
    const problems = checkedInTime(
      teamOf(phase('a', { produces: deepParts }), {
        ...phase('b'),
        needs: [{ phase: 'a', expects: objects }],
      }),
    );
    expect(problems.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/nested more than 30 levels deep/),
    );
    expect(problems.map(({ path }) => path)).toContain('phases/1/needs/0/expects');
  });

  it('is checked in time when its definitions refer to each other in a long chain', () => {
    const chain = Object.fromEntries(
      times(5_000, (index) => [`d${index}`, { $ref: `#/$defs/d${index + 1}` }]),
    );
    const loop = { ...chain, d5000: { $ref: '#/$defs/d4999' } };
    const produces = contractOf({ a: { $ref: '#/$defs/d0' } }, { $defs: loop });
    expect(checkedInTime(teamOf(phase('a', { produces })))).toContainEqual({
      path: 'phases/0/produces/properties/a',
      message: expect.stringMatching(/takes no recursion/),
    });
  });

  it.each<[string, string]>([
    ['sections within sections', '{{#output}}'.repeat(20_000) + '{{/output}}'.repeat(20_000)],
    ['names that mean nothing', times(30_000, (index) => `{{x${index}}}`).join('')],
    ['a name without end', `{{${'x'.repeat(400_000)}}}`],
    ['tags without end', '{{'.repeat(200_000)],
    ['lines', `${'\n'.repeat(300_000)}{{x}}`],
  ])('is told in few words of a template of %s', (_words, content) => {
    const effects = [{ tool: 'publish_file', input: { path: 'note.md', content } }];
    const problems = checkedInTime(teamOf(phase('a', { effects })));
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems).length).toBeLessThan(10_000);
  });
});
