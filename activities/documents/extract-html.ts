import { compile, type DomNode, type FormatCallback } from 'html-to-text';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';

const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];
const UNREAD = ['img', 'svg', 'canvas', 'noscript', 'template', 'iframe', 'object', 'head'];

/** Cells of a row on one line, set apart by ` | `, so that minified tables stay readable. */
const cell: FormatCallback = (element, walk, builder) => {
  if (hasCellBefore(element)) builder.addInline(' | ');
  walk(element.children, builder);
};

/** A cell's first paragraph stays on the line of its row. */
const cellParagraph: FormatCallback = (element, walk, builder) => {
  const siblings = element.parent?.children ?? [];
  if (siblings.slice(0, siblings.indexOf(element)).some(isShown)) builder.addLineBreak();
  walk(element.children, builder);
};

function isShown({ type, data }: DomNode): boolean {
  return type === 'text' ? data?.trim() !== '' : type === 'tag';
}

function hasCellBefore(element: DomNode): boolean {
  const cells = (element.parent?.children ?? []).filter(
    ({ name }) => name === 'td' || name === 'th',
  );
  return cells[0] !== element;
}

const convert = compile({
  wordwrap: false,
  limits: { maxDepth: DOCUMENT_LIMITS.htmlDepthMax, maxInputLength: Number.MAX_SAFE_INTEGER },
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

/** The readable text of an html document: links' text without their targets, no scripts or styles. */
export function extractHtml(html: string): string {
  return convert(html);
}
