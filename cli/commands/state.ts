import { Command } from 'commander';
import { STATE_VERSION_MAX } from '../../contracts/limits';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, withCommonOptions } from '../options';
import { renderState } from '../render/state';
import { runArgument } from './status';

/** `tuesday state RUN --at V`: the state of a run as it was at a version. */
export function stateCommand(): Command {
  return withCommonOptions(new Command('state'))
    .description('the state of a run at a version, as `history` counts them')
    .addArgument(runArgument())
    .option('--at <version>', 'the version (the newest)', integerFrom(0, STATE_VERSION_MAX))
    .action(async (id: string, options: CommonOptions & { at?: number }) => {
      const { tuesday } = await connect(options);
      const shown = await tuesday.state(id, options.at);
      createIo(options.json).result(shown, () => renderState(shown));
    });
}
