import { dirname, join } from 'node:path';
import type * as Pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PDFDocumentProxy, TextItem } from 'pdfjs-dist/types/src/display/api';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import { ExtractionProblem } from './extraction-problem';
import { collapseSpaces } from './normalise-text';

/** A vertical gap larger than this many line heights is a blank line in the text. */
const PARAGRAPH_GAP_LINES = 1.6;

/**
 * The text of a PDF, page by page with a blank line between pages, lines as they are printed.
 * pdfjs is an ES module, so this runs in the extraction thread, not inside jest.
 */
export async function extractPdf(bytes: Uint8Array): Promise<string> {
  const pdfjs = await loadPdfjs();
  const files = dirname(require.resolve('pdfjs-dist/package.json'));
  const task = pdfjs.getDocument({
    // pdfjs takes ownership of the bytes and refuses Buffers.
    data: Uint8Array.from(bytes),
    cMapUrl: join(files, 'cmaps/'),
    cMapPacked: true,
    standardFontDataUrl: join(files, 'standard_fonts/'),
    disableFontFace: true,
    useSystemFonts: false,
    isEvalSupported: false,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  });
  try {
    return await textOf(await task.promise);
  } catch (error) {
    if ((error as Error).name === 'PasswordException') {
      throw new ExtractionProblem('encrypted', 'is protected by a password');
    }
    throw error;
  } finally {
    await task.destroy();
  }
}

/** Drawing is what pdfjs wants these for; reading text needs them only to be there. */
async function loadPdfjs(): Promise<typeof Pdfjs> {
  const globals = globalThis as Record<string, unknown>;
  for (const name of ['DOMMatrix', 'ImageData', 'Path2D']) globals[name] ??= class {};
  return import('pdfjs-dist/legacy/build/pdf.mjs');
}

async function textOf(pdf: PDFDocumentProxy): Promise<string> {
  if (pdf.numPages > DOCUMENT_LIMITS.pdfPagesMax) {
    throw new ExtractionProblem('too_long', `has more than ${DOCUMENT_LIMITS.pdfPagesMax} pages`);
  }
  const pages: string[] = [];
  let characters = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const text = pageText(items.filter((item): item is TextItem => 'str' in item));
    page.cleanup();
    pages.push(text);
    characters += text.length;
    // The dispatcher refuses a text of this length; stopping here saves the rest of the pages.
    if (characters > DOCUMENT_LIMITS.textCharactersMax) break;
  }
  return pages.filter((text) => text !== '').join('\n\n');
}

function pageText(items: readonly TextItem[]): string {
  let text = '';
  let lineBottom: number | undefined;
  for (const { str, hasEOL, transform, height } of items) {
    const bottom = transform[5] as number;
    const atLineStart = text === '' || text.endsWith('\n');
    if (atLineStart && str.trim() !== '') {
      const gap = lineBottom === undefined ? 0 : Math.abs(lineBottom - bottom);
      if (height > 0 && gap > height * PARAGRAPH_GAP_LINES) text += '\n';
      lineBottom = bottom;
    }
    text += hasEOL ? `${str}\n` : str;
  }
  return collapseSpaces(text).trim();
}
