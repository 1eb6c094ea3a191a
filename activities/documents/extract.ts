/**
 * An original's bytes to the text that agents read and quotes are checked against. Pure: the same
 * bytes give the same text, or the same problem.
 */
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import { DOCUMENT_TYPES, type DocumentMediaType } from '../../contracts/documents';
import { type DecodeOptions, decodeText, NOT_TEXT_REASONS } from '../../contracts/text-decoding';
import { extractDocx } from './extract-docx';
import { extractHtml } from './extract-html';
import { extractPdf } from './extract-pdf';
import { ExtractionProblem, type ProblemKind } from './extraction-problem';
import { normaliseLines, normaliseTypeset } from './normalise-text';

/** Changes whenever the same bytes may give another text: cached extractions are then made anew. */
export const EXTRACTOR_VERSION = '1';

export type Extraction =
  | { text: string; title?: string }
  | { problem: { kind: ProblemKind; reason: string } };

type Read = string | { text: string; title: string };
type Extractor = (bytes: Uint8Array, charset: string | undefined) => Promise<Read> | Read;

const EXTRACTORS: Record<DocumentMediaType, Extractor> = {
  'text/markdown': plainText,
  'text/plain': plainText,
  'text/csv': plainText,
  'text/html': (bytes, charset) => {
    const { text, title } = extractHtml(decode(bytes, { html: true, charset }));
    return { text: normaliseTypeset(text), title: normaliseTypeset(title) };
  },
  'application/pdf': async (bytes) => normaliseTypeset(await extractPdf(bytes)),
  [DOCUMENT_TYPES['.docx']]: async (bytes) => normaliseTypeset(await extractDocx(bytes)),
};

export function isDocumentMediaType(mediaType: string): mediaType is DocumentMediaType {
  return Object.hasOwn(EXTRACTORS, mediaType);
}

/**
 * @param charset what the sender says that a text is encoded in
 * @throws nothing that a document can cause: what it causes is a problem
 */
export async function extract(
  bytes: Uint8Array,
  mediaType: string,
  charset?: string,
): Promise<Extraction> {
  if (!isDocumentMediaType(mediaType)) {
    return problem('unknown_type', `is of a type that is not read (${mediaType})`);
  }
  try {
    const read = await EXTRACTORS[mediaType](bytes, charset);
    const { text, title = '' } = typeof read === 'string' ? { text: read } : read;
    if (text.length > DOCUMENT_LIMITS.textCharactersMax) {
      return problem('too_long', `has more than ${DOCUMENT_LIMITS.textCharactersMax} characters`);
    }
    if (!/\S/.test(text)) return problem('no_text', NO_TEXT[mediaType] ?? 'contains no text');
    return { text, ...(title ? { title } : {}) };
  } catch (error) {
    if (error instanceof ExtractionProblem) return problem(error.kind, error.reason);
    // Parsers throw anything at damaged input, down to TypeErrors and stack overflows of their own.
    return problem('damaged', 'is damaged or not what its file ending says');
  }
}

const NO_TEXT: Partial<Record<DocumentMediaType, string>> = {
  'application/pdf': 'contains no text; a scan needs character recognition (OCR) first',
};

function problem(kind: ProblemKind, reason: string): Extraction {
  return { problem: { kind, reason } };
}

function plainText(bytes: Uint8Array, charset: string | undefined): string {
  return normaliseLines(decode(bytes, { charset }));
}

function decode(bytes: Uint8Array, options: DecodeOptions): string {
  const decoded = decodeText(bytes, options);
  if ('text' in decoded) return decoded.text;
  throw new ExtractionProblem('not_text', NOT_TEXT_REASONS[decoded.notText]);
}
