import { Command } from 'commander';
import { EXIT } from '../../contracts/errors';
import { connect } from '../connect';
import type { SetExitCode } from '../exit-codes';
import { exitCodeOf } from '../exit-codes';
import { followRun } from '../follow';
import { listenForInterrupts } from '../interrupt';
import { createIo } from '../io';
import { type CommonOptions, withCommonOptions } from '../options';
import { renderRun } from '../render/run';
import { runArgument } from './status';

/** `tuesday watch RUN`: a run as it goes, to its end. With `--json` a line for every change. */
export function watchCommand(exitWith: SetExitCode): Command {
  return withCommonOptions(new Command('watch'))
    .description('follow a run to its end')
    .addArgument(runArgument())
    .option('--until-parked', 'end also when the run waits for a person', false)
    .action(async (id: string, options: CommonOptions & { untilParked: boolean }) => {
      const { tuesday } = await connect(options);
      const io = createIo(options.json);
      const { signal, dispose } = listenForInterrupts();
      try {
        const last = await followRun(tuesday, id, io, {
          signal,
          untilParked: options.untilParked,
          ...(options.json ? { onView: (view) => io.result(view, () => '') } : {}),
        });
        if (signal.aborted) return exitWith(EXIT.interrupted);
        if (last === undefined) return;
        if (!options.json) io.result(last, () => renderRun(last));
        exitWith(exitCodeOf(last.status));
      } finally {
        dispose();
        await tuesday.close();
      }
    });
}
