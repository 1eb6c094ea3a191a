import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ForkRequest } from '../../client/types';
import { getJson } from '../../contracts/content';
import { UserError } from '../../contracts/errors';
import type { TeamInput } from '../../contracts/team/schema';
import { command } from '../called-as';
import { connect } from '../connect';
import { doneAnew } from '../forked-phases';
import { createIo } from '../io';
import {
  absolute,
  type CommonOptions,
  parseDollars,
  priorityOption,
  userOption,
  withCommonOptions,
} from '../options';
import { runArgument } from './status';

interface ForkOptions extends CommonOptions {
  from: string;
  input?: string;
  instructions?: string;
  model?: string;
  editOutput: Record<string, string>;
  effects: 'on' | 'off';
  key?: string;
  budget?: number;
  user?: string;
  priority?: number;
}

/** `tuesday fork RUN --from PHASE`: another run that takes over the phases before it. */
export function forkCommand(): Command {
  return withCommonOptions(new Command('fork'))
    .description('start a run that takes over the earlier phases of another one')
    .addArgument(runArgument())
    .requiredOption('--from <phase>', 'the first phase that is done again')
    .option('--input <file>', 'a file with another question for the phases that are done again')
    .option('--instructions <file>', 'a file with other instructions for that phase')
    .option('--model <name>', 'another model for that phase')
    .option(
      '--edit-output <phase=file>',
      'a JSON file that replaces the output of an earlier phase; may be repeated',
      collectEdit,
      {},
    )
    .addOption(
      new Option('--effects <on|off>', 'whether effects are carried out')
        .choices(['on', 'off'])
        .default('off'),
    )
    .option('--key <key>', 'business key of the fork (a generated one)')
    .option('--budget <dollars>', 'budget of the fork (the team’s)', parseDollars)
    .addOption(userOption())
    .addOption(priorityOption())
    .action(async (id: string, options: ForkOptions) => {
      const request = await requestOf(options);
      const { tuesday } = await connect(options);
      const fork = await tuesday.fork(id, request);
      const { id: key, firstRunId, reused } = fork;
      const { phases, teamSha256 } = await tuesday.getRun(id);
      const team = await getJson<TeamInput>(tuesday.content, teamSha256);
      const anew = doneAnew(phases, team, options);
      const unended =
        anew.length > 0 ? ` It also does ${anew.join(', ')}, which had not ended in ${id}.` : '';
      createIo(options.json).result({ id: key, firstRunId, reused, doneAnew: anew }, () =>
        reused
          ? `This very fork had been started before: ${key}.`
          : `Forked ${id} from ${options.from} on as ${key}.${unended} \`${command(`watch ${key}`)}\` shows how it goes on.`,
      );
    });
}

async function requestOf(options: ForkOptions): Promise<ForkRequest> {
  const { from, model, effects, user, key, budget, priority } = options;
  const question = await textOf(options.input, '--input');
  const instructions = await textOf(options.instructions, '--instructions');
  const edits: [phase: string, output: unknown][] = [];
  for (const [phase, file] of Object.entries(options.editOutput))
    edits.push([phase, parseJson(await readText(file, '--edit-output'), file)]);
  return {
    from,
    effects,
    ...(user === undefined ? {} : { user }),
    // Not by assignment: a phase may be called like what objects inherit.
    outputs: Object.fromEntries(edits),
    ...(question === undefined ? {} : { question }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(model === undefined ? {} : { model }),
    ...(key === undefined ? {} : { key }),
    ...(budget === undefined ? {} : { budgetMicroUsd: budget }),
    ...(priority === undefined ? {} : { priority }),
  };
}

function collectEdit(text: string, before: Record<string, string>): Record<string, string> {
  const match = /^([^=]+)=(.+)$/s.exec(text);
  if (!match) throw new InvalidArgumentError('It must be PHASE=FILE, e.g. analysis=analysis.json.');
  const [, phase = '', file = ''] = match;
  return { ...before, [phase]: file };
}

const textOf = async (file: string | undefined, flag: string): Promise<string | undefined> =>
  file === undefined ? undefined : readText(file, flag);

async function readText(file: string, flag: string): Promise<string> {
  try {
    return await readFile(absolute(file), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      'bad_input',
      `The file ${file} of ${flag} cannot be read (${code}): name one that exists.`,
      flag,
    );
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(
      'bad_input',
      `The file ${file} of --edit-output is not JSON (${(error as Error).message}): put it right.`,
      '--edit-output',
    );
  }
}
