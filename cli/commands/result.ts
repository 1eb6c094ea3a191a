import { join } from 'node:path';
import { Command } from 'commander';
import type { Tuesday } from '../../client/types';
import { getJson } from '../../contracts/content';
import { UserError } from '../../contracts/errors';
import { isEnd } from '../../contracts/run-status';
import type { RunResult } from '../../contracts/views';
import { connect } from '../connect';
import type { SetExitCode } from '../exit-codes';
import { exitCodeOf } from '../exit-codes';
import { exportRun, prepareOutFolder } from '../export';
import { createIo, type Io } from '../io';
import { absolute, type CommonOptions, withCommonOptions } from '../options';
import { renderResult } from '../render/result';
import { runArgument } from './status';

/** `tuesday result RUN [--out DIR]`: what a run has brought. */
export function resultCommand(exitWith: SetExitCode): Command {
  return withCommonOptions(new Command('result'))
    .description('the result of a run that has ended')
    .addArgument(runArgument())
    .option('--out <folder>', 'write report, run.json and the documents’ texts there')
    .action(async (id: string, options: CommonOptions & { out?: string }) => {
      const { tuesday } = await connect(options);
      const out = options.out === undefined ? undefined : absolute(options.out);
      if (out !== undefined) await prepareOutFolder(out);
      const result = await endedResult(tuesday, id);
      await showResult(tuesday, result, createIo(options.json), { out });
      exitWith(exitCodeOf(result.status));
    });
}

async function endedResult(tuesday: Tuesday, id: string): Promise<RunResult> {
  const run = await tuesday.getRun(id);
  if (run.resultSha256 !== undefined) return getJson(tuesday.content, run.resultSha256);
  throw new UserError(
    'conflict',
    isEnd(run.status)
      ? `The run "${id}" has no result: ${run.explanation}`
      : `The run "${id}" has not ended yet (${run.status}): follow it with \`tuesday watch ${id}\`.`,
  );
}

export interface ShowOptions {
  /** Export there. */
  out?: string | undefined;
  /** The publish folder, where it is known to this command. */
  publishRoot?: string | undefined;
}

/** Exports where asked, then prints: the result itself as JSON, or what it comes to. */
export async function showResult(
  tuesday: Tuesday,
  result: RunResult,
  io: Io,
  { out, publishRoot }: ShowOptions,
): Promise<void> {
  if (out !== undefined) {
    const { run, published } = await exportRun(tuesday.content, result, out);
    return io.result(run, () => renderResult(result, { published, out }));
  }
  const published = result.published.map(({ path }) =>
    publishRoot === undefined ? `${path} (below the publish folder)` : join(publishRoot, path),
  );
  io.result(result, () => renderResult(result, { published }));
}
