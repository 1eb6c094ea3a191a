import { Command } from 'commander';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, parseSince, withCommonOptions } from '../options';
import { renderRecoveries } from '../render/recoveries';

interface RecoveriesOptions extends CommonOptions {
  since?: Date;
  team?: string;
}

/** `tuesday recoveries --since 7d`: what went wrong across runs, and what was done about it. */
export function recoveriesCommand(): Command {
  return withCommonOptions(new Command('recoveries'))
    .description('recoveries taken across runs, and how often')
    .option(
      '--since <time>',
      'only what was taken since then: 2026-11-20, 90m, 24h, 7d',
      parseSince,
    )
    .option('--team <name>', 'only in runs of this team')
    .action(async ({ since, team, ...options }: RecoveriesOptions) => {
      const { tuesday } = await connect(options);
      const taken = await tuesday.recoveries({
        ...(since === undefined ? {} : { since }),
        ...(team === undefined ? {} : { team }),
      });
      createIo(options.json).result(taken, () => renderRecoveries(taken));
    });
}
