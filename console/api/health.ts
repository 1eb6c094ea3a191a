/** Whether the parts that Tuesday needs answer, in time for whoever asks. */
import type { Tuesday } from '../../client/types';
import type { Health } from '../../contracts/api';
import type { RunReader } from '../../contracts/reader';

/** A part that is well answers in milliseconds; who asks for health has it within 2 s. */
const ANSWER_MS = 1_500;

const WAITS = {
  ledger:
    'Runs stand still and go on by themselves when it answers: answers that were paid for are held, nothing is bought again. Starts, decisions and questions about runs are refused meanwhile.',
  temporal:
    'No run takes its next step, and starts and decisions are refused; runs go on by themselves when it answers.',
} as const;
type Part = keyof typeof WAITS;

export function createHealth(
  reader: RunReader,
  tuesday: Tuesday,
  version: string,
): () => Promise<Health> {
  const askLedger = inTime(async () => {
    const [breakers, channels] = await Promise.all([
      reader.openBreakers(),
      reader.troubledChannels(),
    ]);
    return { breakers, channels };
  });
  const temporalAnswers = inTime(async () => {
    if (!(await tuesday.temporalAnswers())) throw new Error('Temporal does not answer');
    return true;
  });
  const awaySince = new Map<Part, string>();
  const note = (part: Part, answers: boolean): void => {
    if (answers) awaySince.delete(part);
    else if (!awaySince.has(part)) awaySince.set(part, new Date().toISOString());
  };
  return async () => {
    const [ledger, temporal] = await Promise.all([askLedger(), temporalAnswers()]);
    note('ledger', ledger !== undefined);
    note('temporal', temporal !== undefined);
    return {
      status: ledger && temporal ? 'ok' : 'degraded',
      version,
      ledger: ledger ? 'up' : 'down',
      temporal: temporal ? 'up' : 'down',
      away: [...awaySince].map(([part, since]) => ({ part, since, waits: WAITS[part] })),
      breakers: ledger?.breakers ?? [],
      channels: ledger?.channels ?? [],
    };
  };
}

/**
 * Any error means: not well, which is undefined; no answer in time too. A frozen part is asked once,
 * however many ask for health meanwhile: each question holds a connection.
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
