import fc from 'fast-check';
import { compacted, cut } from '../../../activities/agent/compact';
import { canonicalJson } from '../../../contracts/content';

const text = (length: number) => 'x'.repeat(length);

describe('what is shortened', () => {
  it('fits, is always the same, and what fits stays as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 200, max: 2_000 }), (value, most) => {
        const json = canonicalJson(value);
        const shorter = compacted(value, most);
        expect(compacted(value, most)).toEqual(shorter);
        if (json.length <= most) expect(shorter).toEqual(value);
        else expect(canonicalJson(shorter).length).toBeLessThan(most + 100);
      }),
    );
  });

  it('says of each text and list what was left out', () => {
    const findings = Array.from({ length: 40 }, (_, index) => ({
      id: `F${index}`,
      claim: text(900),
    }));
    const shorter = compacted({ findings }, 12_000) as { findings: unknown[] };
    expect(shorter.findings[0]).toEqual({
      id: 'F0',
      claim: `${text(250)} [… 650 of 900 characters left out]`,
    });
    expect(shorter.findings.at(-1)).toBe('[… 25 of 40 items left out]');
  });

  it('is a beginning where no list or text is long enough to be cut', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`name ${index}`, 1]),
    );
    expect(compacted(wide, 1_000)).toMatch(/^\{"name 0".* characters left out\]$/);
  });

  it('never has half a character', () => {
    expect(cut('ab😀cd', 3)).toBe('ab [… 4 of 6 characters left out]');
  });
});
