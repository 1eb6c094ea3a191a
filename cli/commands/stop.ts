import { Command } from 'commander';
import { command } from '../called-as';
import { connect } from '../connect';
import { createIo } from '../io';
import { holdRequest, type SwitchOptions, withSwitchOptions } from '../switch-options';
import { runArgument } from './status';

/** `tuesday stop RUN`: it ends with what it has. */
export function stopCommand(): Command {
  return withSwitchOptions(new Command('stop'))
    .description('end a run with what it has, once what is under way has finished')
    .addArgument(runArgument())
    .action(async (id: string, options: SwitchOptions) => {
      const { tuesday } = await connect(options);
      const receipt = await tuesday.stop(id, holdRequest(options));
      const { by, since } = receipt.switch;
      createIo(options.json).result(receipt, () =>
        receipt.applied
          ? `It stops as soon as calls under way have finished. \`${command(`result ${id}`)}\` waits for that and shows what it had.`
          : `The run "${id}" was stopped before, by ${by} at ${since}; nothing was changed.`,
      );
    });
}
