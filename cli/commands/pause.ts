import { Command } from 'commander';
import { command } from '../called-as';
import { connect } from '../connect';
import { createIo } from '../io';
import { holdRequest, type SwitchOptions, withSwitchOptions } from '../switch-options';
import { runArgument } from './status';

/** `tuesday pause RUN`: nothing new begins until it is resumed. */
export function pauseCommand(): Command {
  return withSwitchOptions(new Command('pause'))
    .description('hold a run up: what is under way finishes, nothing new begins')
    .addArgument(runArgument())
    .action(async (id: string, options: SwitchOptions) => {
      const { tuesday } = await connect(options);
      const receipt = await tuesday.pause(id, holdRequest(options));
      const { by, since } = receipt.switch;
      createIo(options.json).result(receipt, () =>
        receipt.applied
          ? `Paused: calls under way finish, nothing new begins. \`${command(`resume ${id}`)}\` lets it go on.`
          : `The run "${id}" was paused before, by ${by} at ${since}; nothing was changed.`,
      );
    });
}
