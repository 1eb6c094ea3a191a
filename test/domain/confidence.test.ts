import fc from 'fast-check';
import { DOUBTS, type Doubt } from '../../contracts/confidence';
import {
  correctConfidence,
  DOUBT_COUNT_MAX,
  DOUBT_WEIGHTS,
  doubtInWords,
} from '../../domain/confidence';

const doubt = fc.record({
  kind: fc.constantFrom(...DOUBTS.filter((kind) => kind !== 'input_doubted')),
  count: fc.nat(20),
});
const doubts = fc.uniqueArray(doubt, { selector: ({ kind }) => kind });
const stated = fc.double({ min: 0, max: 1, noNaN: true });

describe('a corrected confidence', () => {
  it('is the stated one where nothing speaks against it', () => {
    expect(correctConfidence(0.87, [{ kind: 'check_failed', count: 0 }])).toEqual({
      stated: 0.87,
      corrected: 0.87,
      because: [],
    });
  });

  it('falls by the weight of each doubt, as often as it applies', () => {
    const { corrected, because } = correctConfidence(0.9, [
      { kind: 'source_unavailable', count: 2 },
      { kind: 'check_failed', count: 1 },
    ]);
    expect(corrected).toBe(0.46);
    expect(because.map(doubtInWords)).toEqual([
      'claims of an earlier round did not hold',
      '2 sources were unavailable',
    ]);
  });

  it('counts no more than three of a kind', () => {
    const at = (count: number) =>
      correctConfidence(1, [{ kind: 'round_rejected', count }]).corrected;
    expect(at(DOUBT_COUNT_MAX + 5)).toBe(at(DOUBT_COUNT_MAX));
    expect(at(2)).toBeGreaterThan(at(DOUBT_COUNT_MAX));
  });

  it('takes over what is left of the weakest input, and the same doubt once only', () => {
    const research = correctConfidence(0.9, [{ kind: 'source_unavailable', count: 1 }]);
    const analysis = correctConfidence(0.8, [], [research]);
    const writing = correctConfidence(0.8, [], [research, analysis]);
    expect(analysis).toEqual({
      stated: 0.8,
      corrected: 0.64,
      because: [{ kind: 'input_doubted', count: 1 }],
    });
    expect(writing.corrected).toBe(0.64);
    expect(writing.because).toEqual([{ kind: 'input_doubted', count: 2 }]);
  });

  it('never exceeds the stated one, never falls below 0, and only falls with more doubts', () => {
    fc.assert(
      fc.property(stated, doubts, doubt, (value, some, more) => {
        const { corrected } = correctConfidence(value, some);
        expect(corrected).toBeGreaterThanOrEqual(0);
        expect(corrected).toBeLessThanOrEqual(value);
        const others: Doubt[] = some.filter(({ kind }) => kind !== more.kind);
        const before = correctConfidence(value, others).corrected;
        expect(correctConfidence(value, [...others, more]).corrected).toBeLessThanOrEqual(before);
      }),
    );
  });

  it('is moved by every kind of doubt', () => {
    for (const weight of Object.values(DOUBT_WEIGHTS)) {
      expect(weight).toBeGreaterThan(0);
      expect(weight).toBeLessThan(1);
    }
    expect(Object.keys(DOUBT_WEIGHTS).sort()).toEqual(
      DOUBTS.filter((kind) => kind !== 'input_doubted').sort(),
    );
  });
});
