/** The built command as its users run it: a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { builtFile } from '../../contracts/package-root';

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface TuesdayOptions {
  cwd?: string;
  /** Over a clean environment: none of the caller's settings of Tuesday, Temporal or Anthropic. */
  env?: Record<string, string>;
  /** Arguments of Node itself. */
  nodeArgs?: string[];
}

export interface TuesdayProcess {
  child: ChildProcess;
  /** The first line of stderr that fits; rejects when the process ends without one. */
  line(pattern: RegExp): Promise<string>;
  /** The first line of stdout that fits. */
  result(pattern: RegExp): Promise<string>;
  ended: Promise<Ended>;
}

const SETTINGS = /^(TUESDAY_|TEMPORAL_|ANTHROPIC_|DATABASE_URL)/;

/** Runs to the end. */
export function tuesday(args: string[], options: TuesdayOptions = {}): Promise<Ended> {
  return startTuesday(args, options).ended;
}

export function startTuesday(args: string[], options: TuesdayOptions = {}): TuesdayProcess {
  const { cwd, env = {}, nodeArgs = [] } = options;
  const inherited = Object.entries(process.env).filter(
    ([name]) => !SETTINGS.test(name) || name === 'TUESDAY_TEMPORAL_BINARY',
  );
  const child = spawn(process.execPath, [...nodeArgs, builtFile('cli/tuesday.js'), ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    stdout: stdout.text(),
    stderr: stderr.text(),
  }));
  const or = (line: Promise<string>, pattern: RegExp) =>
    Promise.race([
      line,
      ended.then((end) => {
        throw new Error(`no line ${pattern} before the end: ${JSON.stringify(end)}`);
      }),
    ]);
  return {
    child,
    line: (pattern) => or(stderr.line(pattern), pattern),
    result: (pattern) => or(stdout.line(pattern), pattern),
    ended,
  };
}

function collect(stream: NodeJS.ReadableStream) {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  return {
    text: () => lines.join('\n'),
    line: (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** What a person reads when something is wrong: one sentence, nothing else. */
export function onlySentence({ stderr, stdout }: Ended): string {
  const lines = stderr.split('\n').filter((line) => line !== '');
  if (stdout !== '' || lines.length !== 1) throw new Error(JSON.stringify({ stdout, stderr }));
  return lines[0] as string;
}
