import { compile, type DomNode, type FormatCallback } from 'html-to-text';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import { ExtractionProblem } from './extraction-problem';

const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];
const UNREAD = ['img', 'svg', 'canvas', 'noscript', 'template', 'iframe', 'object', 'head'];

/** Cells of a row on one line, set apart by ` | `, so that minified tables stay readable. */
const cell: FormatCallback = (element, walk, builder) => {
  if (hasCellBefore(element)) builder.addInline(' | ');
  walk(element.children, builder);
};

/** A cell's first paragraph stays on the line of its row. */
const cellParagraph: FormatCallback = (element, walk, builder) => {
  if (hasContentBefore(element)) builder.addLineBreak();
  walk(element.children, builder);
};

function hasContentBefore(element: DomNode): boolean {
  for (let node = before(element); node !== undefined; node = before(node)) {
    if (node.type === 'tag' || node.data?.trim()) return true;
  }
  return false;
}

function hasCellBefore(element: DomNode): boolean {
  for (let node = before(element); node !== undefined; node = before(node)) {
    if (node.name === 'td' || node.name === 'th') return true;
  }
  return false;
}

function before(node: DomNode): DomNode | undefined {
  // The parser's nodes are linked to their neighbours, which the declared type leaves out.
  return (node as DomNode & { prev?: DomNode | null }).prev ?? undefined;
}

const convert = compile({
  wordwrap: false,
  limits: {
    maxDepth: DOCUMENT_LIMITS.htmlDepthMax,
    ellipsis: '',
    // The library's own maximum would cut a document without saying so.
    maxInputLength: DOCUMENT_LIMITS.htmlCharactersMax,
  },
  formatters: { cell, cellParagraph },
  selectors: [
    ...HEADINGS.map((selector) => ({ selector, options: { uppercase: false } })),
    ...UNREAD.map((selector) => ({ selector, format: 'skip' })),
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'ul', options: { itemPrefix: '- ' } },
    { selector: 'hr', format: 'skip' },
    { selector: 'table', format: 'block' },
    { selector: 'tr', format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    { selector: 'td', format: 'cell' },
    { selector: 'th', format: 'cell' },
    { selector: 'td > p', format: 'cellParagraph' },
    { selector: 'th > p', format: 'cellParagraph' },
    ...['li', 'dt', 'dd', 'caption', 'figcaption', 'option'].map((selector) => ({
      selector,
      format: 'block',
      options: { leadingLineBreaks: 1, trailingLineBreaks: 1 },
    })),
  ],
});

export interface HtmlText {
  text: string;
  /** Empty where the document has none. */
  title: string;
}

/** Titles stand at the beginning. */
const TITLE_WITHIN_CHARACTERS = 100_000;
const TITLE_CHARACTERS_MAX = 500;

/**
 * The readable text of an html document: links' text without their targets, no scripts or styles.
 * @throws ExtractionProblem `too_long`
 */
export function extractHtml(html: string): HtmlText {
  if (html.length > DOCUMENT_LIMITS.htmlCharactersMax) {
    const max = DOCUMENT_LIMITS.htmlCharactersMax;
    throw new ExtractionProblem('too_long', `has more than ${max} characters of markup`);
  }
  const [, title = ''] =
    /<title(?:\s[^>]*)?>([^<]*)</i.exec(html.slice(0, TITLE_WITHIN_CHARACTERS)) ?? [];
  return { text: convert(html), title: convert(title.slice(0, TITLE_CHARACTERS_MAX)) };
}
