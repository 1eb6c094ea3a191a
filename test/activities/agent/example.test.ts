import fc from 'fast-check';
import { exampleOf } from '../../../activities/agent/example';
import { violations } from '../../../contracts/team/contract';
import { toModelSchema } from '../../../contracts/team/model-schema';
import type { JsonSchema } from '../../../contracts/team/schema';
import { report } from '../../../teams';
import { contracts } from '../../support/random-schemas';

const object = (properties: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});

describe('an example of a contract', () => {
  it('fits the contract, is always the same, and is nearly always there', () => {
    let made = 0;
    const runs = 60;
    fc.assert(
      fc.property(contracts, (contract) => {
        const example = exampleOf(contract);
        if (example === undefined) return;
        made++;
        expect(violations(contract, example)).toEqual([]);
        expect(exampleOf(contract)).toEqual(example);
      }),
      { numRuns: runs },
    );
    expect(made).toBeGreaterThan(runs * 0.9);
  });

  it.each(report.definition.phases.map(({ name, produces }) => [name, produces] as const))(
    'is there for the phase %s of the report team',
    (_name, produces) => {
      expect(toModelSchema(produces).problems).toEqual([]);
      expect(exampleOf(produces)).toBeDefined();
    },
  );

  it.each<[string, JsonSchema]>([
    [
      'a pattern that nothing at hand matches',
      object({ a: { type: 'string', pattern: '^zq{9}$' } }),
    ],
    ['a text beyond all bounds', object({ a: { type: 'string', minLength: 1e9 } })],
    [
      'a list beyond all bounds',
      object({ a: { type: 'array', minItems: 1e9, items: { type: 'string' } } }),
    ],
    ['bounds that cross', object({ a: { type: 'integer', minimum: 3, maximum: 2 } })],
    ['nothing that says what it holds', object({ a: {} })],
  ])('is not there for %s', (_what, contract) => {
    expect(exampleOf(contract)).toBeUndefined();
  });

  it('is none that a receiver would refuse', () => {
    const contract = object({ a: { type: 'string' } });
    expect(exampleOf(contract, [object({ a: { type: 'string', minLength: 3 } })])).toBeDefined();
    expect(exampleOf(contract, [object({ a: { const: 'x' } })])).toBeUndefined();
  });
});
