import { z } from 'zod';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import type { DocumentSearch } from '../documents/document-search';
import { documentsOf } from './documents-of';
import type { Tool } from './tool';
import { zodValue } from './tool-value';

const SearchDocumentsInput = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(DOCUMENT_LIMITS.queryCharactersMax)
    .describe('Words to look for; names, figures and terms of the subject work best.'),
  limit: z
    .int()
    .min(1)
    .max(DOCUMENT_LIMITS.resultsMax)
    .default(DOCUMENT_LIMITS.resultsDefault)
    .describe('How many passages to return.'),
});
type SearchDocumentsInput = z.infer<typeof SearchDocumentsInput>;

/** Result: `{passages: [{document, line, text}], total}`, best first, spread over documents. */
export function searchDocumentsTool(search: DocumentSearch): Tool<SearchDocumentsInput> {
  return {
    name: 'search_documents',
    description:
      'Searches the documents of this run and returns the passages that fit best, each with its document and the line where it starts. The text of a passage is verbatim, so it can be quoted. Use read_document to see more of a document around a passage.',
    input: zodValue(SearchDocumentsInput),
    effect: 'none',
    ofThisRun: true,
    resultsFit: true,
    run: ({ query, limit }, context) =>
      search.search(documentsOf(context), query, limit, context.signal),
  };
}
