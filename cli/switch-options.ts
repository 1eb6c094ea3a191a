/** Options of whatever holds runs up or lets them go. */
import type { Command } from 'commander';
import type { HoldRequest } from '../client/types';
import { type CommonOptions, withCommonOptions } from './options';

export interface SwitchOptions extends CommonOptions {
  reason?: string;
  switchId?: string;
  actor?: string;
}

export function withSwitchOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--reason <text>', 'why, for whoever looks at it later')
    .option('--switch-id <id>', 'your own id: sent again, it changes nothing')
    .option('--actor <id>', 'opaque id of who does it (TUESDAY_USER; local)');
}

export function holdRequest({ reason, switchId, actor }: SwitchOptions): HoldRequest {
  const who = actor ?? (process.env.TUESDAY_USER || undefined);
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(switchId === undefined ? {} : { switchId }),
    ...(who === undefined ? {} : { actor: who }),
  };
}
