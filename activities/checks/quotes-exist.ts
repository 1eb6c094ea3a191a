/**
 * Every object with a `quote` and a `document` quotes that document verbatim, byte for byte in its
 * extracted text. Where the object also states a `line`, code puts it right: the quote is the
 * evidence, and counting lines is not what a model is for.
 */
import { findQuote } from '../../domain/quotes';
import { type Check, type CheckProblem, type Correction, visitObjects } from './check';

export const quotesExist: Check = async ({ output, documents, text }) => {
  const problems: CheckProblem[] = [];
  const corrections: Correction[] = [];
  const quotes: { object: Record<string, unknown>; path: string }[] = [];
  visitObjects(output, (object, path) => {
    if (typeof object.quote === 'string' && typeof object.document === 'string')
      quotes.push({ object, path });
  });
  for (const { object, path } of quotes) {
    const name = String(object.document);
    const document = documents?.documents.find((candidate) => candidate.name === name);
    if (!document) {
      problems.push({
        path: `${path}/document`,
        message: `"${name}" is not one of the documents; use a name exactly as the tools give it`,
      });
      continue;
    }
    const found = findQuote(await text(document.textSha256), String(object.quote));
    if (!found)
      problems.push({
        path: `${path}/quote`,
        message: `does not stand in ${name}; quote it word for word, as one unbroken passage`,
      });
    else if ('line' in object && object.line !== found.line)
      corrections.push({ path: `${path}/line`, value: found.line });
  }
  return { problems, corrections };
};
