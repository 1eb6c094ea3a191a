import { checkTeam } from '../../../contracts/team/check';
import type { TeamProblem } from '../../../contracts/team/problems';
import { installedTools } from '../../../contracts/tools';
import { phase, team } from '../../support/teams';

const problemsOf = (definition: unknown): TeamProblem[] =>
  checkTeam(definition, installedTools()).problems;
const producing = (property: object, changes: object = {}) => ({
  name: 'test',
  version: '1.0.0',
  phases: [
    phase('only', {
      produces: {
        type: 'object',
        properties: { value: property },
        required: ['value'],
        additionalProperties: false,
        ...changes,
      },
    }),
  ],
});
const AT = 'phases/0/produces/properties/value';

describe('a contract that no answer can hold', () => {
  it.each([
    ['lengths', { type: 'string', minLength: 5, maxLength: 3 }, 'minLength 5 and maxLength 3'],
    ['numbers', { type: 'number', minimum: 2, maximum: 1 }, 'minimum 2 and maximum 1'],
    [
      'an open end on the other bound',
      { type: 'number', minimum: 1, exclusiveMaximum: 1 },
      'exclusiveMaximum 1',
    ],
    ['no whole number', { type: 'integer', minimum: 1.2, maximum: 1.8 }, 'no whole number'],
    ['values of another type', { type: 'string', enum: [1, 2] }, 'of type string'],
    [
      'items, below a list',
      {
        type: 'array',
        items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 1 },
      },
      'minItems 2 and maxItems 1',
    ],
  ])('is named with its place: %s', (_, property, message) => {
    const problems = problemsOf(producing(property));
    expect(problems).toEqual([
      { path: expect.stringContaining(AT), message: expect.stringContaining(message) },
    ]);
  });

  it.each([
    [
      'what it forbids is required',
      { required: ['other'], properties: {}, additionalProperties: false },
      '',
      '"other" is required',
    ],
    [
      'bounds cross',
      { properties: { note: { minLength: 2, maxLength: 1 } } },
      '/properties/note',
      'minLength 2',
    ],
  ])('is named in what a receiver expects, where %s', (_, expects, at, message) => {
    const second = phase('second', { needs: [{ phase: 'first', expects }] });
    const phases = [phase('first'), second];
    expect(problemsOf({ name: 'test', version: '1.0.0', phases })).toEqual([
      {
        path: `phases/1/needs/0/expects${at}`,
        message: expect.stringContaining(message),
      },
    ]);
  });

  it.each([
    ['bounds that meet', { type: 'string', minLength: 3, maxLength: 3 }],
    ['one value that fits', { type: ['string', 'null'], enum: [1, null] }],
    [
      'a property called as a keyword',
      {
        type: 'object',
        properties: { minLength: { type: 'string' } },
        additionalProperties: false,
      },
    ],
    [
      'a default that looks like a contract',
      { type: 'string', default: 'minLength', examples: [{ minLength: 2, maxLength: 1 }] },
    ],
  ])('is not suspected in %s', (_, property) => {
    expect(
      problemsOf(producing(property)).filter(({ message }) => /no answer|none of/.test(message)),
    ).toEqual([]);
  });
});

describe('models to fall back on', () => {
  const problemsWith = (fallbacks: string[], pricedModels?: string[]) => {
    const fallbackModels = fallbacks.map((name) => ({ name }));
    const { definition } = team([phase('only', { fallbackModels })]);
    const known = pricedModels ? { ...installedTools(), pricedModels } : installedTools();
    return checkTeam(definition, known).problems;
  };

  it('have a price, too', () => {
    const priced = ['claude-haiku-5-5', 'claude-sonnet-5-5'];
    expect(problemsWith(['claude-sonnet-5-5'], priced)).toEqual([]);
    expect(problemsWith(['claude-sonnet-5-5', 'made-up'], priced)).toMatchObject([
      {
        path: 'phases/0/fallbackModels/1/name',
        message: expect.stringContaining('no price is known for "made-up"'),
      },
    ]);
  });

  it.each([
    ['the phase’s own', ['claude-haiku-5-5'], 0],
    ['one that comes before', ['claude-sonnet-5-5', 'claude-sonnet-5-5'], 1],
  ])('are not %s: that has failed already', (_words, fallbacks, position) => {
    expect(problemsWith(fallbacks)).toEqual([
      {
        path: `phases/0/fallbackModels/${position}/name`,
        message: `"${fallbacks[position]}" is asked before already`,
      },
    ]);
  });
});

describe('a model without a price', () => {
  it('is named where prices are known, with those that have one', () => {
    const definition = { name: 'test', version: '1.0.0', phases: [phase('only')] };
    const known = (...pricedModels: string[]) => ({ ...installedTools(), pricedModels });
    expect(checkTeam(definition, known('claude-haiku-5-5')).problems).toEqual([]);
    expect(checkTeam(definition, known('other')).problems).toEqual([
      {
        path: 'phases/0/model/name',
        message: expect.stringMatching(/no price is known for "claude-haiku-5-5".* other$/),
      },
    ]);
  });
});
