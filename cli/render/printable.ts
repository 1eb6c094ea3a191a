/**
 * Text from documents, models and users must neither steer the terminal it is shown on nor look
 * like something else: what cannot be seen is written out.
 */

/**
 * Control characters but for line feed and tab, format characters (direction marks, zero-width
 * space, tags), separators that start a line, halves of a surrogate pair. The joiners of scripts
 * and emoji (U+200C, U+200D) stay.
 */
const INVISIBLE = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `\u001b` for an escape character. Printable text stays as it is. */
export const printable = (text: string): string => text.replace(INVISIBLE, escaped);

/** One line of it, e.g. for a cell. */
export const oneLine = (text: string): string => printable(text.replace(/\s+/g, ' ').trim());

/** The same JSON value: within JSON such characters can only stand in strings, where they can be escaped. */
export const printableJson = (value: unknown): string => printable(JSON.stringify(value));

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
