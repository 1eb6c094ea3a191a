import { convertToHtml, images } from 'mammoth';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import { extractHtml } from './extract-html';
import { ExtractionProblem } from './extraction-problem';
import { unpacksWithin } from './zip-size';

/** What Word wraps around a password-protected docx, and what a .doc is. Source: [MS-CFB] 2.2. */
const COMPOUND_FILE = Buffer.from('d0cf11e0a1b11ae1', 'hex');

const NO_IMAGE = images.imgElement(async () => ({ src: '' }));

/** The text of a Word document: paragraphs, lists, tables row by row, footnotes and endnotes at the end. */
export async function extractDocx(bytes: Uint8Array): Promise<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.subarray(0, COMPOUND_FILE.length).equals(COMPOUND_FILE)) {
    throw new ExtractionProblem(
      'encrypted',
      'is protected by a password or in the old .doc format; save it as a .docx without a password',
    );
  }
  if (!unpacksWithin(buffer, DOCUMENT_LIMITS.docxUnpackedBytesMax)) {
    throw new ExtractionProblem('too_long', 'unpacks to far more than a document may hold');
  }
  // By way of html, because mammoth's raw text has no footnotes and puts each cell of a table apart.
  const { value } = await convertToHtml({ buffer }, { convertImage: NO_IMAGE });
  return extractHtml(value).text;
}
