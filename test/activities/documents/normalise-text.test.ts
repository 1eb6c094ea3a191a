import {
  collapseSpaces,
  normaliseLines,
  normaliseTypeset,
} from '../../../activities/documents/normalise-text';

describe('normaliseLines', () => {
  it.each([
    ['line ends of every kind become \\n', 'a\r\nb\rc\vd\fe\u2028f\u0085g', 'a\nb\nc\nd\ne\nf\ng'],
    ['trailing whitespace goes', 'a  \nb\t\n c \u00a0\n', 'a\nb\n c'],
    ['at most one blank line stands in a row', 'a\n \n\t\n\n\nb\n\nc', 'a\n\nb\n\nc'],
    ['no blank line stands at either end', '\n\n\n  a\n\n\n', '  a'],
    ['control characters go, tabs stay', 'a\0b\u0007\tc\u009f', 'ab\tc'],
    ['halves of surrogate pairs become what UTF-8 makes of them', 'a\ud83db', 'a\ufffdb'],
    ['indentation and spacing inside lines stay', '  a   b', '  a   b'],
    ['nothing stays nothing', '', ''],
  ])('%s', (_, text, expected) => {
    expect(normaliseLines(text)).toBe(expected);
    expect(normaliseLines(expected)).toBe(expected);
    expect(normaliseTypeset(expected)).toBe(expected);
  });

  it('takes time in proportion to the text, also for whitespace made to be slow', () => {
    const started = performance.now();
    normaliseLines(`${' '.repeat(100_000)}b`.repeat(20));
    normaliseLines(`a${' \n'.repeat(1_000_000)}b`);
    normaliseTypeset(`a${' \u00a0'.repeat(1_000_000)}b`);
    collapseSpaces(`a${' \t'.repeat(1_000_000)}b`);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('normaliseTypeset', () => {
  it('makes special spaces, and runs with one of them, a plain space', () => {
    expect(normaliseTypeset('10\u00a0000\u202fEUR \u00a0 net')).toBe('10 000 EUR net');
  });

  it('drops what nobody sees', () => {
    expect(normaliseTypeset('Donau\u00addampf\u200bschiff')).toBe('Donaudampfschiff');
  });

  it('keeps runs of plain spaces, which are code', () => {
    expect(normaliseTypeset('if (a)\n    return  b')).toBe('if (a)\n    return  b');
  });
});

describe('collapseSpaces', () => {
  it('leaves one space where there was a run, and none where a line begins', () => {
    expect(collapseSpaces('  a \t b\n\t c')).toBe('a b\nc');
  });
});
