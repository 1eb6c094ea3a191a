/** Runs one command and turns whatever happens into an exit code. */
import { CommanderError } from 'commander';
import { EXIT, UserError } from '../contracts/errors';
import { createIo, drained, endQuietlyWithoutReader } from './io';
import { createProgram } from './program';

/** @param args without `node` and the script @returns the exit code, see docs/cli.md */
export async function main(args: string[]): Promise<number> {
  endQuietlyWithoutReader(process.stdout);
  endQuietlyWithoutReader(process.stderr);
  let exitCode: number = EXIT.ok;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    exitCode = report(error, args.includes('--json'));
  }
  await drained(process.stdout);
  await drained(process.stderr);
  return exitCode;
}

function report(error: unknown, json: boolean): number {
  // Commander has printed its own sentence by then, or the help that was asked for.
  if (error instanceof CommanderError && !json)
    return error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
  const told = tell(error);
  const io = createIo(json);
  if (json)
    io.result({ error: { kind: told.kind, message: told.message, field: told.field } }, () => '');
  if (!(error instanceof CommanderError)) io.note(`tuesday: ${told.message}`);
  return told.exitCode;
}

interface Told {
  kind: string;
  message: string;
  field?: string | undefined;
  exitCode: number;
}

/** What the client library and the API call by a field's name is a flag or a command here. */
const HINTS: Readonly<Record<string, string>> = {
  documents: '--docs',
  reviewId: '--review',
  id: '`tuesday list` shows the runs that there are',
};

function withHint({ message, field = '' }: UserError): string {
  const hint = Object.hasOwn(HINTS, field) ? HINTS[field] : undefined;
  return hint === undefined ? message : `${message.replace(/\.$/, '')} (${hint}).`;
}

function tell(error: unknown): Told {
  if (error instanceof UserError) {
    const { kind, field, exitCode } = error;
    return { kind, message: withHint(error), field, exitCode };
  }
  if (error instanceof CommanderError)
    return {
      kind: 'bad_input',
      message: error.message.replace(/^error: /, ''),
      exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.badInput,
    };
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    kind: 'internal',
    message: `this is a defect of Tuesday, please report it: ${detail}`,
    exitCode: EXIT.internal,
  };
}
