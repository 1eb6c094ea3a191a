import fc from 'fast-check';
import { oneLine, printable, printableJson } from '../../cli/render/printable';

/** What a terminal obeys, or what makes a text look like another. */
const STEERING = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const someText = fc.string({ unit: 'binary', maxLength: 50 });

describe('text of others on a terminal', () => {
  it.each([
    ['an escape sequence', 'a\u001b[31mb', 'a\\u001b[31mb'],
    ['a carriage return', 'good\rbad', 'good\\u000dbad'],
    ['a control character beyond ASCII', 'a\u009b2Jb', 'a\\u009b2Jb'],
    ['a change of direction', 'a\u202etxt.exe', 'a\\u202etxt.exe'],
    ['an isolate', 'a\u2066b\u2069', 'a\\u2066b\\u2069'],
    ['a zero-width space', 'pay\u200bpal', 'pay\\u200bpal'],
    ['half of a surrogate pair', 'a\ud800b', 'a\\ud800b'],
    ['a tag that nobody sees', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ])('shows %s written out', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves texts, lines and emoji as they are', () => {
    const text = 'Größe — 漢字, عربى\n\tfamily 👨‍👩‍👧 می‌خواهم';
    expect(printable(text)).toBe(text);
    expect(oneLine(' a\n\n b\tc ')).toBe('a b c');
  });

  it('never lets one through, and changes nothing the second time', () => {
    fc.assert(
      fc.property(someText, (text) => {
        expect(printable(text)).not.toMatch(STEERING);
        expect(printable(printable(text))).toBe(printable(text));
      }),
    );
  });

  it('keeps JSON the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(someText, someText), (value) => {
        expect(printableJson(value)).not.toMatch(STEERING);
        expect(JSON.parse(printableJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
