/** A piece of a text that reads as one: its lines as they stand, joined by `\n`. */
export interface Paragraph {
  text: string;
  /** How many lines of the text come before it. */
  linesBefore: number;
}

const FENCE = /^\s*(```|~~~)/;
/** Headings, tables, quoted or indented code, and marks of HTML say nothing by themselves. */
const NO_PROSE = /^(#{1,6}\s|\s*\||\t| {4,}\S|\s*<\/?[a-z!])/i;
const LIST_ITEM = /^\s*(?:[-*+>]|\d+[.)])\s+/;
/** A line that goes on in the next one was filled up first. */
const WRAPPED_CHARS_MIN = 60;

/** The paragraphs and list items of a text, wrapped lines put together; code is left out. */
export function paragraphsIn(text: string): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let open: { lines: string[]; linesBefore: number } | undefined;
  let isCode = false;
  const close = (): void => {
    if (open) paragraphs.push({ text: open.lines.join('\n'), linesBefore: open.linesBefore });
    open = undefined;
  };
  text.split('\n').forEach((line, index) => {
    if (FENCE.test(line)) isCode = !isCode;
    const isProse = !isCode && !FENCE.test(line) && line.trim() !== '';
    const goesOn = open !== undefined && /^ {2,}\S/.test(line) && !LIST_ITEM.test(line);
    if (!isProse || (NO_PROSE.test(line) && !goesOn)) {
      close();
      return;
    }
    const isFilled = (open?.lines.at(-1)?.length ?? 0) >= WRAPPED_CHARS_MIN;
    if (open === undefined || !isFilled || LIST_ITEM.test(line)) {
      close();
      open = { lines: [], linesBefore: index };
    }
    open.lines.push(line);
  });
  close();
  return paragraphs;
}
