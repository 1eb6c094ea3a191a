/** Whether the parts that Tuesday needs answer, in time for whoever asks. */
import type { Tuesday } from '../../client/types';
import type { Health } from '../../contracts/api';
import type { RunReader } from '../../contracts/reader';

/** A part that is well answers in milliseconds; who asks for health has it within 2 s. */
const ANSWER_MS = 1_500;

type Probe = () => Promise<boolean>;

export function createHealth(
  reader: RunReader,
  tuesday: Tuesday,
  version: string,
): () => Promise<Health> {
  const ledgerAnswers = inTime(() => reader.listRuns({ limit: 1 }));
  const temporalAnswers = inTime(async () => {
    if (!(await tuesday.temporalAnswers())) throw new Error('Temporal does not answer');
  });
  return async () => {
    const [ledger, temporal] = await Promise.all([ledgerAnswers(), temporalAnswers()]);
    return {
      status: ledger && temporal ? 'ok' : 'degraded',
      version,
      ledger: ledger ? 'up' : 'down',
      temporal: temporal ? 'up' : 'down',
    };
  };
}

/**
 * Any error means: not well; no answer in time too. A frozen part is asked once, however many ask
 * for health meanwhile: each question holds a connection.
 */
function inTime(ask: () => Promise<unknown>): Probe {
  let asked: Promise<boolean> | undefined;
  return async () => {
    asked ??= ask()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asked = undefined;
      });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ANSWER_MS);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
