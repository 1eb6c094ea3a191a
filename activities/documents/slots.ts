/** Lets a bounded number of tasks run at once, the others in the order of their calls. */
export interface Slots {
  /** @throws the signal's reason when it is aborted before the task's turn */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function createSlots(slots: number): Slots {
  let free = slots;
  const waiting: (() => void)[] = [];
  const turn = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(begin), 1);
        reject(signal?.reason);
      };
      const begin = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      signal?.throwIfAborted();
      signal?.addEventListener('abort', leave, { once: true });
      waiting.push(begin);
    });
  return {
    async run(task, signal) {
      if (free === 0) await turn(signal);
      else free--;
      try {
        return await task();
      } finally {
        // A slot goes straight to the next in line, so that no newcomer overtakes it.
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}
