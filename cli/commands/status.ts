import { Argument, Command } from 'commander';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, withCommonOptions } from '../options';
import { renderRun } from '../render/run';

export const runArgument = (): Argument => new Argument('<run>', 'the run’s key');

/** `tuesday status RUN`: what the team is doing right now. */
export function statusCommand(): Command {
  return withCommonOptions(new Command('status'))
    .description('where a run stands, what it waits for, what it has cost')
    .addArgument(runArgument())
    .action(async (id: string, options: CommonOptions) => {
      const { tuesday } = await connect(options);
      const run = await tuesday.getRun(id);
      createIo(options.json).result(run, () => renderRun(run));
    });
}
