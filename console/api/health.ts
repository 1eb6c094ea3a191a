/** Whether the parts that Tuesday needs answer, in time for whoever asks. */
import type { Tuesday } from '../../client/types';
import type { Health } from '../../contracts/api';
import type { RunReader } from '../../contracts/reader';

/** A part that is well answers in milliseconds; who asks for health has it within 2 s. */
const ANSWER_MS = 1_500;

export function createHealth(
  reader: RunReader,
  tuesday: Tuesday,
  version: string,
): () => Promise<Health> {
  const openBreakers = inTime(() => reader.openBreakers());
  const temporalAnswers = inTime(async () => {
    if (!(await tuesday.temporalAnswers())) throw new Error('Temporal does not answer');
    return true;
  });
  return async () => {
    const [breakers, temporal] = await Promise.all([openBreakers(), temporalAnswers()]);
    return {
      status: breakers && temporal ? 'ok' : 'degraded',
      version,
      ledger: breakers ? 'up' : 'down',
      temporal: temporal ? 'up' : 'down',
      breakers: breakers ?? [],
    };
  };
}

/**
 * Any error means: not well, which is undefined; no answer in time too. A frozen part is asked once, however many ask
 * for health meanwhile: each question holds a connection.
 */
function inTime<T>(ask: () => Promise<T>): () => Promise<T | undefined> {
  let asked: Promise<T | undefined> | undefined;
  return async () => {
    asked ??= ask()
      .catch(() => undefined)
      .finally(() => {
        asked = undefined;
      });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ANSWER_MS);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
