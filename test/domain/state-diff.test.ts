import fc from 'fast-check';
import { applyChanges, diffStates, pathParts } from '../../domain/state-diff';
import { someStory } from '../support/stories';

/** JSON objects whose names collide and mean something elsewhere. */
const someName = fc.constantFrom('a', 'b', 'a/b', '~', '~1', '', '__proto__', 'constructor');
const someObject = fc.letrec((tie) => ({
  object: fc.dictionary(someName, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 0, 1, '', 'x'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
})).object as fc.Arbitrary<object>;

describe('a diff of states', () => {
  it('D1 gives the later state when it is applied to the earlier one', () => {
    fc.assert(
      fc.property(someStory, ({ states }) => {
        for (const [index, later] of states.entries()) {
          const earlier = states[index - 1] ?? later;
          expect(applyChanges(earlier, diffStates(earlier, later))).toEqual(later);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('D1 holds for any JSON objects, back and forth', () => {
    fc.assert(
      fc.property(someObject, someObject, (one, other) => {
        expect(applyChanges(one, diffStates(one, other))).toEqual(other);
        expect(applyChanges(other, diffStates(other, one))).toEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  it('D2 is empty for equal values, and names each path once', () => {
    fc.assert(
      fc.property(someObject, someObject, (one, other) => {
        expect(diffStates(one, structuredClone(one))).toEqual([]);
        const paths = diffStates(one, other).map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
      }),
      { numRuns: 500 },
    );
  });

  it('names what was changed, added and removed, in that order', () => {
    const before = { status: 'running', phases: { a: { round: 1, output: 'x' } }, list: [1] };
    const after = { status: 'running', phases: { a: { round: 2 }, b: {} }, list: [1, 2] };
    expect(diffStates(before, after)).toEqual([
      { path: '/phases/a/round', before: 1, after: 2 },
      { path: '/phases/a/output', before: 'x' },
      { path: '/phases/b', after: {} },
      { path: '/list', before: [1], after: [1, 2] },
    ]);
  });

  it('keeps names with signs that mean something in a path', () => {
    const [change] = diffStates({}, { 'a/b~c': 1 });
    expect(change?.path).toBe('/a~1b~0c');
    expect(pathParts('/a~1b~0c/d')).toEqual(['a/b~c', 'd']);
  });

  it('refuses changes that were made from another value', () => {
    expect(() => applyChanges({}, [{ path: '/a/b', after: 1 }])).toThrow(RangeError);
    expect(() => applyChanges({}, [{ path: '', after: 1 }])).toThrow(RangeError);
  });
});
