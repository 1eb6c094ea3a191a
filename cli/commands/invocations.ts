import { Command, Option } from 'commander';
import { API_LIMITS } from '../../contracts/api';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, parseSince, withCommonOptions } from '../options';
import { renderInvocations } from '../render/trace';

interface InvocationsOptions extends CommonOptions {
  kind?: 'model' | 'tool';
  name?: string;
  failed: boolean;
  since?: Date;
  limit: number;
}

/** `tuesday invocations --kind tool --name X --failed --since 7d`: calls across runs. */
export function invocationsCommand(): Command {
  return withCommonOptions(new Command('invocations'))
    .description('model and tool calls across runs, newest first')
    .addOption(new Option('--kind <kind>', 'only calls of this kind').choices(['model', 'tool']))
    .option('--name <name>', 'only calls of this model or tool')
    .option('--failed', 'only what did not go well', false)
    .option('--since <time>', 'only what began since then: 2026-11-20, 90m, 24h, 7d', parseSince)
    .option('--limit <n>', 'how many', integerFrom(1, API_LIMITS.pageMax), API_LIMITS.pageDefault)
    .action(async (options: InvocationsOptions) => {
      const { kind, name, failed, since, limit } = options;
      const { tuesday } = await connect(options);
      const found = await tuesday.invocations({
        limit,
        ...(kind === undefined ? {} : { kind }),
        ...(name === undefined ? {} : { name }),
        ...(failed ? { failed } : {}),
        ...(since === undefined ? {} : { since }),
      });
      createIo(options.json).result(found, () => renderInvocations(found));
    });
}
