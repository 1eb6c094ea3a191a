/** Lets a bounded number of tasks run at once, the others in the order of their calls. */
export interface Slots {
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function createSlots(slots: number): Slots {
  let free = slots;
  const waiting: (() => void)[] = [];
  return {
    async run(task) {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
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
