/** What is known of outputs, in a person's words. */
import type { Confidence } from '../contracts/confidence';
import { type ContentStore, getText } from '../contracts/content';
import type { Limitation } from '../contracts/run-status';
import type { ConfidenceView, RunView } from '../contracts/views';
import { doubtInWords } from '../domain/confidence';
import { limitationInWords } from '../domain/limitation-words';

export const confidenceView = ({ because, ...values }: Confidence): ConfidenceView => ({
  ...values,
  because: because.map(doubtInWords),
});

export async function limitationViews(
  content: ContentStore,
  limitations: Limitation[],
): Promise<RunView['limitations']> {
  return Promise.all(
    limitations.map(async ({ detailSha256, ...limitation }) => {
      const detail = detailSha256 ? await getText(content, detailSha256) : wordsOf(limitation);
      return { ...limitation, ...(detail === undefined ? {} : { detail }) };
    }),
  );
}

/** Of a source or tool: any other limitation says by its kind and phase what it is. */
const wordsOf = (limitation: Limitation): string | undefined =>
  limitation.source === undefined ? undefined : limitationInWords(limitation);
