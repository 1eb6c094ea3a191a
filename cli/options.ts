/** Options that several commands share, and how their values are read. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../contracts/errors';
import { BUDGET_MICRO_USD, RUN_PRIORITY } from '../contracts/limits';
import { dollars } from '../domain/dollars';

const PORT_MAX = 65_535;
const MICRO_DIGITS = 6;

/** What every command knows. */
export interface CommonOptions {
  json: boolean;
  dataDir?: string;
  apiUrl?: string;
  token?: string;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'machine-readable output on stdout', false)
    .option('--data-dir <folder>', 'where Tuesday keeps its data (TUESDAY_DATA_DIR; ./.tuesday)')
    .option('--api-url <url>', 'a running Tuesday (TUESDAY_API_URL)')
    .option('--token <token>', 'an API token, where people sign in (TUESDAY_TOKEN)');
}

/** Dollars as people write them (`0.50`, `$2`) to micro-dollars, without a detour over floats. */
export function parseDollars(text: string): number {
  const match = new RegExp(`^\\$?(\\d{1,9})(?:\\.(\\d{1,${MICRO_DIGITS}}))?$`).exec(text);
  if (match === null) throw new InvalidArgumentError('It must be an amount in dollars, e.g. 0.50.');
  const [, whole = '0', fraction = ''] = match;
  const microUsd = Number(whole) * 10 ** MICRO_DIGITS + Number(fraction.padEnd(MICRO_DIGITS, '0'));
  const { min, max } = BUDGET_MICRO_USD;
  if (microUsd < min || microUsd > max)
    throw new InvalidArgumentError(`It must be from ${dollars(min)} to ${dollars(max)}.`);
  return microUsd;
}

/** A port; 0 takes a free one. */
export function parsePort(text: string): number {
  return parseInteger(text, 0, PORT_MAX);
}

export const integerFrom =
  (min: number, max: number) =>
  (text: string): number =>
    parseInteger(text, min, max);

/** Of starts and forks. */
export const userOption = (): Option =>
  new Option(
    '--user <id>',
    'opaque id of whom it works for (TUESDAY_USER; whoever is signed in)',
  ).default(process.env.TUESDAY_USER || undefined);

/** Of starts and forks. */
export const priorityOption = (): Option =>
  new Option(
    '--priority <n>',
    `from ${RUN_PRIORITY.min}, which comes first where runs have to wait, to ${RUN_PRIORITY.max} (${RUN_PRIORITY.default})`,
  ).argParser(integerFrom(RUN_PRIORITY.min, RUN_PRIORITY.max));

function parseInteger(text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  return value;
}

/** A time: `2026-11-20`, `2026-11-20T08:00:00Z`, or how long ago: `90m`, `24h`, `7d`. */
export function parseSince(text: string): Date {
  const ago = /^(\d{1,6})([mhd])$/.exec(text);
  const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };
  const time = ago
    ? Date.now() - Number(ago[1]) * unitMs[ago[2] as keyof typeof unitMs]
    : Date.parse(text);
  if (Number.isNaN(time))
    throw new InvalidArgumentError('It must be a time (2026-11-20) or an age (90m, 24h, 7d).');
  return new Date(time);
}

/** @throws UserError `bad_input` for an empty question. */
export function requireQuestion(question: string | undefined): string {
  if (question !== undefined && question.trim() !== '') return question;
  throw new UserError(
    'bad_input',
    'No question was given: say what the team is to find out or do with --question "…".',
    'question',
  );
}

export const absolute = (path: string): string => resolve(process.cwd(), path);
