import { mapInParallel } from '../../contracts/parallel';

describe('mapInParallel', () => {
  it('keeps the order of the items, whatever ends first', async () => {
    const release: (() => void)[] = [];
    const results = mapInParallel([0, 1, 2], 3, async (item) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return item * 10;
    });
    for (const resolve of release.reverse()) resolve();
    expect(await results).toEqual([0, 10, 20]);
  });

  it('has no more under way than allowed', async () => {
    let underWay = 0;
    let most = 0;
    await mapInParallel(Array.from({ length: 20 }), 3, async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
    });
    expect(most).toBe(3);
  });

  it('begins nothing after a failure, waits for what is under way, and throws the first error', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const results = mapInParallel([0, 1, 2, 3], 2, async (item) => {
      begun.push(item);
      if (item === 0) throw new Error('first');
      await new Promise(setImmediate);
      ended.push(item);
      throw new Error('second');
    });
    await expect(results).rejects.toThrow('first');
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([1]);
  });

  it('takes no items at all', async () => {
    expect(await mapInParallel([], 4, async () => 1)).toEqual([]);
  });
});
