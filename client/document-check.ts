/** Whether a file's content is what its ending says, before it is stored. */
import { readFile, stat } from 'node:fs/promises';
import { DOCUMENT_LIMITS } from '../contracts/document-limits';
import { DOCUMENT_TYPES, type DocumentMediaType } from '../contracts/documents';
import { decodeText, NOT_TEXT_REASONS } from '../contracts/text-decoding';

/** `reason` follows the file's name: `is empty`. */
export type CheckedFile = { bytes: Buffer } | { fault: string } | { empty: true };

const MEGABYTE = 1024 * 1024;

/** Readers look for the header of a PDF here, not only at the very beginning. Source: ISO 32000-1, implementation note 13 of PDF 1.7. */
const PDF_HEADER_WITHIN_BYTES = 1_024;

type Check = (bytes: Buffer) => string | undefined;

const text: Check = (bytes) => notText(bytes, false);

const CHECKS: Record<DocumentMediaType, Check> = {
  'text/markdown': text,
  'text/plain': text,
  'text/csv': text,
  'text/html': (bytes) => notText(bytes, true),
  'application/pdf': (bytes) =>
    bytes.subarray(0, PDF_HEADER_WITHIN_BYTES).includes('%PDF-') ? undefined : 'is not a PDF',
  [DOCUMENT_TYPES['.docx']]: (bytes) =>
    bytes.subarray(0, 2).equals(Buffer.from('PK'))
      ? undefined
      : 'is not a Word document of today (.docx), or protected by a password; save it anew as .docx',
};

function notText(bytes: Buffer, html: boolean): string | undefined {
  const decoded = decodeText(bytes, { html });
  return 'notText' in decoded ? NOT_TEXT_REASONS[decoded.notText] : undefined;
}

/** Reads a file of a readable type, up to `documentBytesMax`. */
export async function checkFile(path: string, mediaType: DocumentMediaType): Promise<CheckedFile> {
  try {
    const { size } = await stat(path);
    if (size > DOCUMENT_LIMITS.documentBytesMax) return { fault: tooLarge(size) };
    const bytes = await readFile(path);
    // A file may grow between the two.
    if (bytes.length > DOCUMENT_LIMITS.documentBytesMax) return { fault: tooLarge(bytes.length) };
    if (bytes.length === 0) return { empty: true };
    const fault = CHECKS[mediaType](bytes);
    return fault === undefined ? { bytes } : { fault };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { fault: unreadable(code) };
  }
}

function tooLarge(bytes: number): string {
  const max = DOCUMENT_LIMITS.documentBytesMax / MEGABYTE;
  return `is too large (${(bytes / MEGABYTE).toFixed(1)} MB of at most ${max} MB)`;
}

function unreadable(code: string): string {
  return code === 'EACCES' || code === 'EPERM'
    ? 'cannot be read (no permission)'
    : `cannot be read (${code})`;
}
