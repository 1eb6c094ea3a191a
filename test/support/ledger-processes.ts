/** Processes of their own, each with the ledger open, that make calls at the same moment. */
import type { Ledger } from '../../contracts/ledger';
import { type ChildScript, runChildScript } from './child-script';

type Method = Exclude<keyof Ledger, 'content'>;
export interface LedgerCall {
  method: Method;
  args: unknown[];
}
type Answer = { value: unknown } | { error: string };

export interface LedgerProcesses {
  count: number;
  /** Lets the n-th process make the n-th call, all at once; the answers in the same order. */
  atOnce<T>(calls: LedgerCall[]): Promise<T[]>;
  /** Kills the n-th process at once, whatever it does. */
  kill(index: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startLedgerProcesses(url: string, count: number): Promise<LedgerProcesses> {
  const children = Array.from({ length: count }, () =>
    runChildScript(
      { url },
      `const { openLedger } = load('ledger/index');
       const { benchAudit } = load('bench/support/bench-secret');
       const { ledger, close } = await openLedger(input.url, undefined, benchAudit());
       tell('ready');
       for (let call = await heard(); call !== 'stop'; call = await heard()) {
         const next = ledger[call.method](...call.args);
         tell(await next.then((value) => ({ value }), (error) => ({ error: String(error) })));
       }
       await close();`,
    ),
  );
  const killed = new Set<ChildScript>();
  await Promise.all(children.map((child) => child.next()));
  const at = (index: number): ChildScript => {
    const child = children[index];
    if (!child) throw new RangeError(`there are only ${count} processes`);
    return child;
  };
  return {
    count,
    async atOnce<T>(calls: LedgerCall[]) {
      calls.forEach((call, index) => {
        at(index).say(call);
      });
      const answers = await Promise.all(calls.map((_, index) => at(index).next<Answer>()));
      return answers.map((answer) => {
        if ('error' in answer) throw new Error(answer.error);
        return answer.value as T;
      });
    },
    async kill(index) {
      const child = at(index);
      killed.add(child);
      await child.kill();
    },
    async stop() {
      for (const child of children) if (!killed.has(child)) child.say('stop');
      await Promise.all(children.map((child) => child.ended()));
    },
  };
}
