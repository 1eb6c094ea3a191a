/** A second process that runs our sources: to be killed, or to race with another. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const repository = join(__dirname, '..', '..');

export interface ChildScript {
  pid: number;
  /** The next value that the script passes to `tell`; rejects when it ends without one. */
  next<T>(): Promise<T>;
  /** Sends a value to the script, which it awaits with `await heard()`. */
  say(value: unknown): void;
  /** Ends it at once, as a power cut or the kernel's memory killer would. */
  kill(): Promise<void>;
  /** Exit code; waits for the end. */
  ended(): Promise<number | null>;
}

/**
 * Runs the body of an async function in a process of its own, in which `load('folder/file')` gives
 * a module of this repository, `input` is the given value, `tell(value)` sends one to `next()` and
 * `await heard()` waits for `say()`.
 */
export function runChildScript(input: unknown, body: string): ChildScript {
  const script = `
    const load = (path) => require(${JSON.stringify(repository)} + '/' + path + '.ts');
    const tell = (value) => process.send(value);
    const heard = () => new Promise((resolve) => process.once('message', resolve));
    const input = JSON.parse(process.argv[1]);
    (async () => {${body}})().then(() => process.disconnect(), (error) => {
      console.error(error);
      process.exit(1);
    });`;
  const child = spawn(
    process.execPath,
    ['-r', join(__dirname, 'run-ts.cjs'), '-e', script, JSON.stringify(input)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  return childScript(child);
}

function childScript(child: ChildProcess): ChildScript {
  const told: unknown[] = [];
  child.on('message', (value) => told.push(value));
  const exit = once(child, 'exit') as Promise<[number | null]>;
  return {
    pid: child.pid as number,
    async next<T>() {
      const gone = exit.then(([code]) => {
        if (told.length === 0) throw new Error(`the script ended with ${code} and told nothing`);
      });
      while (told.length === 0) await Promise.race([once(child, 'message'), gone]);
      gone.catch(() => undefined); // it may end later, when nobody waits any more
      return told.shift() as T;
    },
    say: (value) => void child.send(value as object),
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
    ended: async () => (await exit)[0],
  };
}
