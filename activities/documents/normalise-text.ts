/**
 * Whitespace of extracted texts. Quotes are checked against a text byte for byte, so its whitespace
 * must be what a reader sees, and the same each time.
 */

/** Control characters other than tab and line feed; PostgreSQL's jsonb takes no NUL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\0-\x08\x0e-\x1f\x7f-\x9f\ufeff]/g;
const SPACES = /[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+/g;
/** Soft hyphens and zero-width spaces: invisible, and in nobody's quote. */
const INVISIBLE = /[\u00ad\u200b\u2060]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * Line ends become `\n`, lines lose their trailing whitespace, at most one blank line stands in a
 * row and none at either end. Indentation and spacing inside lines stay.
 */
export function normaliseLines(text: string): string {
  return text
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n')
    .replace(CONTROLS, '')
    .replace(LONE_SURROGATE, '\ufffd')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '');
}

/**
 * For typeset formats: also turns special spaces, and runs that contain them, into one plain space
 * and drops invisible characters. Runs of plain spaces stay: they are code in a `pre` element.
 */
export function normaliseTypeset(text: string): string {
  const plain = text.replace(INVISIBLE, '').replace(SPACES, (run) => (isPlain(run) ? run : ' '));
  return normaliseLines(plain);
}

function isPlain(run: string): boolean {
  return /^ *$/.test(run);
}

/** One space where there was a run of spaces or tabs, none at the beginning of a line. */
export function collapseSpaces(text: string): string {
  return text.replace(/[ \t]+/g, ' ').replace(/^ /gm, '');
}
