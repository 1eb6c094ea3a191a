import { z } from 'zod';
import { type ContentStore, getJson, getText, type Sha256 } from '../../contracts/content';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import type { DocumentManifest, IngestedDocument } from '../../contracts/documents';
import { closeNames } from './close-names';
import { documentsOf } from './documents-of';
import { type Tool, ToolError } from './tool';
import { zodValue } from './tool-value';

const ReadDocumentInput = z.strictObject({
  document: z.string().min(1).describe('The name of a document, as search_documents gives it.'),
  fromLine: z.int().min(1).default(1).describe('The first line to read, from 1.'),
  lines: z
    .int()
    .min(1)
    .max(DOCUMENT_LIMITS.readLinesMax)
    .default(DOCUMENT_LIMITS.readLinesDefault)
    .describe('How many lines to read.'),
});
type ReadDocumentInput = z.infer<typeof ReadDocumentInput>;

export interface ReadDocumentResult {
  document: string;
  fromLine: number;
  /** The last line in `text`; lower than asked for where the text would be too long, or ends. */
  toLine: number;
  totalLines: number;
  /** The lines verbatim, joined by `\n`. */
  text: string;
  /** Says so when a single line was too long to be given whole. */
  note?: string;
}

/** Reads lines of one of the run's documents, at most `readCharactersMax` characters of them. */
export function readDocumentTool(): Tool<ReadDocumentInput> {
  return {
    name: 'read_document',
    description:
      'Reads lines of one document of this run, verbatim, so that they can be quoted. Reads on from toLine + 1 where the result ends earlier than you asked for.',
    input: zodValue(ReadDocumentInput),
    effect: 'none',
    ofThisRun: true,
    resultsFit: true,
    async run({ document, fromLine, lines }, context): Promise<ReadDocumentResult> {
      const found = await findDocument(context.content, documentsOf(context), document);
      const all = (await getText(context.content, found.textSha256)).split('\n');
      if (fromLine > all.length) {
        throw new ToolError(
          'invalid_input',
          `"${found.name}" has ${all.length} lines, so there is no line ${fromLine}.`,
        );
      }
      const excerpt = excerptOf(all.slice(fromLine - 1, fromLine - 1 + lines));
      return {
        document: found.name,
        fromLine,
        toLine: fromLine - 1 + excerpt.lines,
        totalLines: all.length,
        text: excerpt.text,
        ...(excerpt.isCut && { note: CUT_NOTE }),
      };
    },
  };
}

const CUT_NOTE = `The line is longer than ${DOCUMENT_LIMITS.readCharactersMax} characters; only its beginning is given. search_documents finds passages in the rest of it.`;

async function findDocument(
  content: ContentStore,
  documents: Sha256,
  wanted: string,
): Promise<IngestedDocument> {
  const manifest = await getJson<DocumentManifest>(content, documents);
  const found =
    manifest.documents.find(({ name }) => name === wanted) ??
    manifest.documents.find(({ name }) => name.normalize() === wanted.normalize());
  if (found !== undefined) return found;
  const unread = manifest.unavailable.find(({ name }) => name === wanted);
  if (unread !== undefined) {
    throw new ToolError('not_found', `"${wanted}" cannot be read: it ${unread.reason}.`);
  }
  const names = manifest.documents.map(({ name }) => name);
  const close = closeNames(wanted, names).map((name) => `"${name}"`);
  throw new ToolError(
    'not_found',
    close.length > 0
      ? `There is no document "${wanted}". Close to it: ${close.join(', ')}.`
      : `There is no document "${wanted}". search_documents names those that there are.`,
  );
}

/** As many whole lines as fit; of a single line that is too long, its beginning. */
function excerptOf(lines: readonly string[]): { text: string; lines: number; isCut: boolean } {
  const [first = ''] = lines;
  if (first.length > DOCUMENT_LIMITS.readCharactersMax) {
    const beginning = first.slice(0, DOCUMENT_LIMITS.readCharactersMax);
    return { text: beginning.replace(/[\ud800-\udbff]$/, ''), lines: 1, isCut: true };
  }
  let characters = first.length;
  let count = 1;
  for (const line of lines.slice(1)) {
    characters += 1 + line.length;
    if (characters > DOCUMENT_LIMITS.readCharactersMax) break;
    count++;
  }
  return { text: lines.slice(0, count).join('\n'), lines: count, isCut: false };
}
