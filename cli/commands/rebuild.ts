import { Command } from 'commander';
import type { RebuildReport } from '../../contracts/rebuild';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, withCommonOptions } from '../options';
import { runArgument } from './status';

/** `tuesday rebuild RUN`: makes a run's state versions again from its history. */
export function rebuildCommand(): Command {
  return withCommonOptions(new Command('rebuild'))
    .description('make a run’s state versions and events again from its history in Temporal')
    .addArgument(runArgument())
    .action(async (id: string, options: CommonOptions) => {
      const { tuesday } = await connect(options);
      const report = await tuesday.rebuild(id);
      createIo(options.json).result(report, () => inWords(report));
    });
}

function inWords({ run, versions, equal, complete, ...found }: RebuildReport): string {
  const rest = complete
    ? ''
    : ' Temporal has forgotten its end: what came after the archived part was kept.';
  if (equal) return `The ${versions} versions of ${run} were there, and are the same.${rest}`;
  const changes = [
    [found.missing, 'were missing'],
    [found.different, 'were different'],
    [found.surplus, 'were told by no history and are gone'],
  ] as const;
  const said = changes
    .filter(([which]) => which.length > 0)
    .map(([which, what]) => `${which.join(', ')} ${what}`);
  return `Made ${versions} versions of ${run} again: ${said.join('; ') || 'only its newest state was wrong'}.${rest}`;
}
