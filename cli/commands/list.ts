import { Command, Option } from 'commander';
import { API_LIMITS } from '../../contracts/api';
import { isEnd, RUN_STATUSES, type RunStatus } from '../../contracts/run-status';
import type { RunSummary } from '../../contracts/views';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, withCommonOptions } from '../options';
import { switchWords } from '../render/switch';
import { renderTable } from '../render/table';
import { duration, elapsedMs, money } from '../render/units';

interface ListOptions extends CommonOptions {
  status?: RunStatus;
  team?: string;
  user?: string;
  limit: number;
  cursor?: string;
}

/** `tuesday list`: runs, newest first, a page at a time. */
export function listCommand(): Command {
  return withCommonOptions(new Command('list'))
    .description('runs, newest first')
    .addOption(new Option('--status <status>', 'only runs in this status').choices(RUN_STATUSES))
    .option('--team <name>', 'only runs of this team')
    .option('--user <id>', 'only runs for this user')
    .option('--limit <n>', 'how many', integerFrom(1, API_LIMITS.pageMax), API_LIMITS.pageDefault)
    .option('--cursor <cursor>', 'the next page, as the page before names it')
    .action(async (options: ListOptions) => {
      const { tuesday } = await connect(options);
      const { status, team, user, limit, cursor } = options;
      const page = await tuesday.listRuns({
        limit,
        ...(status === undefined ? {} : { status }),
        ...(team === undefined ? {} : { team }),
        ...(user === undefined ? {} : { user }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const io = createIo(options.json);
      io.result(page, () => renderRuns(page.runs));
      if (page.cursor !== undefined && !options.json)
        io.note(`There are more: --cursor ${page.cursor}`);
    });
}

const HELD_UP = {
  title: 'held up',
  cell: ({ heldBy }: RunSummary) => (heldBy ? switchWords(heldBy) : ''),
};

function renderRuns(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'There is no such run.';
  return renderTable(runs, [
    { title: 'run', cell: ({ id }) => id },
    { title: 'team', cell: ({ team, version }) => `${team} ${version}` },
    { title: 'status', cell: ({ status }) => status },
    { title: 'started', cell: ({ startedAt }) => startedAt },
    { title: 'took', cell: (run) => duration(elapsedMs(run)), align: 'right' },
    { title: 'cost', cell: ({ spend, status }) => money(spend, !isEnd(status)), align: 'right' },
    { title: 'user', cell: ({ user }) => user },
    ...(runs.some(({ heldBy }) => heldBy) ? [HELD_UP] : []),
  ]);
}
