import fc from 'fast-check';
import { cutPassages } from '../../../activities/documents/passages';
import { DOCUMENT_LIMITS } from '../../../contracts/document-limits';

const MAX = DOCUMENT_LIMITS.passageCharactersMax;
const MIN = DOCUMENT_LIMITS.passageCharactersMin;

/** Texts made of what cuts are made at, and of what they must not be made at. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\n\n', ' ', '    ', '. ', '? ', '。', '.', '\t', '\u00a0', '😀', '# '),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.nat({ max: 2_000 }).map((length) => 'x'.repeat(length)),
      fc.nat({ max: 2_000 }).map((length) => ' '.repeat(length)),
      fc.nat({ max: 300 }).map((length) => '😀'.repeat(length)),
      fc.nat({ max: 300 }).map((words) => 'word '.repeat(words)),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('cutPassages', () => {
  it('gives verbatim substrings with the line where they start, in order, and leaves out only whitespace', () => {
    fc.assert(
      fc.property(text, (whole) => {
        let end = 0;
        for (const passage of cutPassages(whole)) {
          expect(whole.slice(end, passage.start).trim()).toBe('');
          const cut = whole.slice(passage.start, passage.end);
          expect(cut.trim()).not.toBe('');
          expect(cut).toBe(cut.trimEnd());
          expect(cut.length).toBeLessThanOrEqual(MAX);
          expect(passage.line).toBe(whole.slice(0, passage.start).split('\n').length);
          expect(Buffer.from(cut).toString()).toBe(cut);
          end = passage.end;
        }
        expect(whole.slice(end).trim()).toBe('');
      }),
      { numRuns: 500 },
    );
  });

  it('ends passages with paragraphs where it can', () => {
    const paragraph = `${'A sentence of a paragraph. '.repeat(15).trim()}`;
    const whole = Array.from({ length: 10 }, () => paragraph).join('\n\n');
    for (const { start, end } of cutPassages(whole)) {
      expect(whole.slice(start)).toMatch(/^A/);
      expect(whole.slice(end, end + 2)).toMatch(/^(\n\n)?$/);
      expect(end - start).toBeGreaterThanOrEqual(paragraph.length);
    }
  });

  it('ends passages with sentences inside a long paragraph, with words inside a long sentence', () => {
    const sentences = 'One more sentence, and it ends here. '.repeat(100);
    const words = 'word '.repeat(1_000);
    for (const { start, end } of cutPassages(sentences)) {
      expect(sentences.slice(start, end)).toMatch(/^One.*here\.$/s);
      if (end < sentences.trimEnd().length) expect(end - start).toBeGreaterThanOrEqual(MIN - 1);
    }
    for (const { start, end } of cutPassages(words)) {
      expect(words.slice(start, end)).toMatch(/^word.*word$/);
    }
  });

  it('keeps the indentation of a first line', () => {
    expect(cutPassages('\n    code()')).toEqual([{ start: 1, end: 11, line: 2 }]);
  });

  it('gives nothing for a blank text', () => {
    expect(cutPassages(' \n\n\t')).toEqual([]);
    expect(cutPassages('')).toEqual([]);
  });

  it('takes time in proportion to the text, one endless line included', () => {
    const started = performance.now();
    expect(cutPassages('x'.repeat(5_000_000))).toHaveLength(Math.ceil(5_000_000 / MAX));
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
