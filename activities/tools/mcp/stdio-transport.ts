/**
 * A server as a child process, with one JSON message a line. Unlike the SDK's own transport it ends
 * the whole process group, counts what it keeps in memory, and takes time in proportion to the bytes.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { GroupReaper } from './group-reaper';
import { MCP } from './limits';
import { NotSent, toMessage } from './messages';

export interface StdioTransportOptions {
  command: readonly string[];
  /** Besides PATH, HOME and their like. */
  env: Readonly<Record<string, string>>;
  reaper: GroupReaper;
  /** A line of its stderr, cut. */
  onSaid(line: string): void;
}

const NEWLINE = 10;
const STDERR_CUT = '[it says more, which is not logged]';

export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  private child: ChildProcessWithoutNullStreams | undefined;
  private starting: Promise<void> | undefined;
  private ended: Promise<void> = Promise.resolve();
  /** The beginning of a line whose end has not come. */
  private begun: Buffer[] = [];
  private begunBytes = 0;
  private garbage = 0;

  constructor(private readonly options: StdioTransportOptions) {}

  async start(): Promise<void> {
    const { command, env, reaper } = this.options;
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      env: { ...getDefaultEnvironment(), ...env },
      stdio: 'pipe',
      // The leader of a group, so that what it starts ends with it.
      detached: true,
    });
    // Writing to one that has ended, and reading what it leaves: its end says enough.
    for (const stream of [child.stdin, child.stdout, child.stderr])
      stream.on('error', (error) => this.onerror?.(error));
    child.stdout.on('data', (chunk: Buffer) => this.read(chunk));
    this.logStderr(child);
    const spawned = new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve).on('error', reject);
    });
    this.starting = spawned.catch(() => undefined);
    await spawned;
    this.child = child;
    const group = child.pid as number;
    reaper.watch(group);
    child.once('exit', () => {
      killGroup(group, 'SIGKILL');
      reaper.forget(group);
      // One that has left the group may hold the pipes open.
      setTimeout(() => release(child), MCP.endMs).unref();
    });
    this.ended = new Promise((resolve) => {
      // What it wrote before its end is read to its end.
      child.once('close', () => {
        this.child = undefined;
        resolve();
        this.onclose?.();
      });
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const { child } = this;
    if (!child) throw new NotSent('the process has ended');
    child.stdin.write(`${JSON.stringify(message)}\n`);
    if (child.stdin.writableLength > MCP.unsentBytesMax)
      this.cut(`it does not read what it is sent (${child.stdin.writableLength} bytes wait)`);
  }

  /** Resolves once the process has ended, be it killed. */
  async close(): Promise<void> {
    await this.starting;
    const { child } = this;
    if (!child) return;
    const group = child.pid as number;
    child.stdin.end();
    killGroup(group, 'SIGTERM');
    await Promise.race([this.ended, pause(MCP.endMs)]);
    killGroup(group, 'SIGKILL');
    await this.ended;
  }

  private cut(reason: string): void {
    const { child } = this;
    this.onerror?.(new Error(`the connection was cut: ${reason}`));
    if (child) killGroup(child.pid as number, 'SIGKILL');
    child?.stdout.destroy();
    this.begun = [];
  }

  private read(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...this.begun, chunk.subarray(from, end)]);
      this.begun = [];
      this.begunBytes = 0;
      from = end + 1;
      this.take(line.toString('utf8'));
    }
    this.begunBytes += chunk.length - from;
    if (this.begunBytes > MCP.messageBytesMax)
      this.cut(`a message has more than ${MCP.messageBytesMax} bytes`);
    else if (from < chunk.length) this.begun.push(chunk.subarray(from));
  }

  private take(line: string): void {
    const message = toMessage(line);
    if (message) this.onmessage?.(message);
    else if (line.trim() !== '' && ++this.garbage > MCP.garbageMax)
      this.cut(`it wrote ${this.garbage} lines that are no messages`);
  }

  private logStderr(child: ChildProcessWithoutNullStreams): void {
    let left: number = MCP.stderrCharactersMax;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (left <= 0) return;
      for (const line of text.slice(0, left).split('\n'))
        if (line.trim() !== '') this.options.onSaid(line.slice(0, MCP.stderrLineCharactersMax));
      left -= text.length;
      if (left <= 0) this.options.onSaid(STDERR_CUT);
    });
  }
}

function release({ stdout, stderr }: ChildProcessWithoutNullStreams): void {
  stdout.destroy();
  stderr.destroy();
}

/** A group that is no more needs no end; some systems say EPERM of one whose members have ended. */
function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
