import { Command } from 'commander';
import type { ResumeReceipt } from '../../contracts/switch-views';
import { command } from '../called-as';
import { connect } from '../connect';
import { createIo } from '../io';
import { switchWords } from '../render/switch';
import { holdRequest, type SwitchOptions, withSwitchOptions } from '../switch-options';
import { runArgument } from './status';

/** `tuesday resume RUN`: a run that was paused by itself goes on. */
export function resumeCommand(): Command {
  return withSwitchOptions(new Command('resume'))
    .description('let a run go on that was paused')
    .addArgument(runArgument())
    .action(async (id: string, options: SwitchOptions) => {
      const { tuesday } = await connect(options);
      const receipt = await tuesday.resume(id, holdRequest(options));
      createIo(options.json).result(receipt, () => inWords(id, receipt));
    });
}

function inWords(id: string, { heldBy }: ResumeReceipt): string {
  if (!heldBy) return `It goes on. \`${command(`watch ${id}`)}\` shows how.`;
  return `It is not paused by itself any more, but still held up: ${switchWords(heldBy)}.`;
}
