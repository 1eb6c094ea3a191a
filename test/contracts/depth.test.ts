import { isDeeperThan } from '../../contracts/depth';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('the depth of a value', () => {
  it('counts the levels of objects and lists', () => {
    expect(isDeeperThan(0, 'flat')).toBe(false);
    expect(isDeeperThan(2, { a: [1] })).toBe(false);
    expect(isDeeperThan(1, { a: [1] })).toBe(true);
    expect([isDeeperThan(200, nested(200)), isDeeperThan(200, nested(202))]).toEqual([false, true]);
  });

  it('is known of what is far too deep, and of what holds itself', () => {
    expect(isDeeperThan(200, nested(100_000))).toBe(true);
    const own: { left?: object; right?: object } = {};
    own.left = own;
    own.right = { own };
    expect(isDeeperThan(200, own)).toBe(true);
  });
});
