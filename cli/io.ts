/** Where a command writes: results to stdout, everything else to stderr. Nothing leaves it that could steer a terminal. */
import { asTyped } from './called-as';
import { printable, printableJson } from './render/printable';

export interface Io {
  /** Prints a JSON value on one line, or text, whichever was asked for. */
  result(json: unknown, text: () => string): void;
  /** A line for people, on stderr. */
  note(line: string): void;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  json: boolean;
}

export function createIo(json: boolean): Io {
  const { stdout, stderr } = process;
  return {
    stdout,
    stderr,
    json,
    result: (value, text) => stdout.write(`${json ? printableJson(value) : printable(text())}\n`),
    note: (line) => stderr.write(`${printable(asTyped(line))}\n`),
  };
}

/** A reader that has gone (`tuesday list | head`) is no error. */
export function endQuietlyWithoutReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

/** Waits until everything written has left the process: pipes are asynchronous. */
export function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
