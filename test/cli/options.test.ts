import { parseDollars, parsePort, parseSince } from '../../cli/options';

describe('amounts in dollars', () => {
  it.each([
    ['2', 2_000_000],
    ['0.50', 500_000],
    ['$1.25', 1_250_000],
    ['0.001', 1_000],
    ['0.123456', 123_456],
    ['1234.56', 1_234_560_000],
  ])('reads %s exactly', (text, microUsd) => {
    expect(parseDollars(text)).toBe(microUsd);
  });

  it.each(['', '0', '-1', '.5', '1.', '1e3', '0.0000001', '1,5', '0x10', 'NaN', '99999999'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseDollars(text)).toThrow(/dollars|from \$/);
    },
  );
});

describe('ports', () => {
  it('are whole numbers from 0 to 65535', () => {
    expect([parsePort('0'), parsePort('65535')]).toEqual([0, 65_535]);
    for (const text of ['65536', '-1', '80.5', 'http', '']) expect(() => parsePort(text)).toThrow();
  });
});

describe('times', () => {
  it('are dates or ages', () => {
    expect(parseSince('2026-11-20').toISOString()).toBe('2026-11-20T00:00:00.000Z');
    expect(Date.now() - parseSince('90m').getTime()).toBeCloseTo(5_400_000, -3);
    expect(Date.now() - parseSince('7d').getTime()).toBeCloseTo(604_800_000, -3);
    for (const text of ['soon', '7y', '']) expect(() => parseSince(text)).toThrow(/time|age/);
  });
});
