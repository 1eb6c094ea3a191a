import { Command, Option } from 'commander';
import type { Tuesday } from '../../client/types';
import { API_LIMITS } from '../../contracts/api';
import { UserError } from '../../contracts/errors';
import { given } from '../../contracts/given';
import type { OpenReview } from '../../contracts/review-views';
import { REVIEW_KINDS, type ReviewKind } from '../../contracts/reviews';
import { command } from '../called-as';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, withCommonOptions } from '../options';
import { renderReviewDetail } from '../render/review-detail';
import { renderTable } from '../render/table';
import { duration } from '../render/units';

interface ReviewsOptions extends CommonOptions {
  kind?: ReviewKind;
  team?: string;
  user?: string;
  group?: string;
  decidableBy?: string;
  escalated?: true;
  limit: number;
  cursor?: string;
}

/** `tuesday reviews`: what runs ask people; `tuesday reviews RUN REVIEW`: one with all that it takes to decide. */
export function reviewsCommand(): Command {
  return withCommonOptions(new Command('reviews'))
    .description('what runs ask people, oldest first; or one of them in full')
    .argument('[run]', 'the key of the run that asks')
    .argument('[review]', 'which of its reviews; may be left out where one is open')
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(REVIEW_KINDS))
    .option('--team <name>', 'only of runs of this team')
    .option('--user <id>', 'only of runs for this user')
    .option('--group <name>', 'only those that ask for this group')
    .option('--decidable-by <id>', 'only those that this person may decide on')
    .option('--escalated', 'only those that have gone a level up')
    .option('--limit <n>', 'how many', integerFrom(1, API_LIMITS.pageMax), API_LIMITS.pageDefault)
    .option('--cursor <cursor>', 'the next page, as the page before names it')
    .action(
      async (run: string | undefined, review: string | undefined, options: ReviewsOptions) => {
        const { tuesday } = await connect(options);
        if (run === undefined) return list(tuesday, options);
        const io = createIo(options.json);
        const id = review ?? (await onlyReview(tuesday, run));
        const detail = await tuesday.review(run, id);
        io.result(detail, () => renderReviewDetail(detail));
      },
    );
}

async function onlyReview(tuesday: Tuesday, run: string): Promise<string> {
  const { reviews, status } = await tuesday.getRun(run);
  const [only, ...others] = reviews;
  if (only && others.length === 0) return only.id;
  throw new UserError(
    'bad_input',
    only === undefined
      ? `The run "${run}" asks nothing at present (${status}): name the review to see one that is over.`
      : `The run "${run}" asks ${reviews.length} things: name one, ${reviews.map(({ id }) => id).join(', ')}.`,
    'review',
  );
}

async function list(tuesday: Tuesday, options: ReviewsOptions): Promise<void> {
  const { kind, team, user, group, decidableBy, escalated, limit, cursor } = options;
  const who = decidableBy === undefined ? undefined : { id: decidableBy, groups: [] };
  const page = await tuesday.reviews(
    given({ kind, team, user, group, decidableBy: who, escalated, limit, cursor }),
  );
  const io = createIo(options.json);
  io.result(page, () => renderReviews(page.reviews));
  if (page.cursor !== undefined && !options.json)
    io.note(`There are more: --cursor ${page.cursor}`);
}

function renderReviews(reviews: readonly OpenReview[]): string {
  if (reviews.length === 0) return 'No run asks such a thing at present.';
  const table = renderTable(reviews, [
    { title: 'run', cell: ({ run }) => run },
    { title: 'review', cell: ({ id }) => id },
    { title: 'kind', cell: ({ kind }) => kind },
    { title: 'team', cell: ({ team }) => team },
    { title: 'why', cell: ({ reason }) => reason },
    {
      title: 'waits for',
      cell: ({ openedAt }) => duration(Date.now() - Date.parse(openedAt)),
      align: 'right',
    },
    {
      title: 'approved',
      cell: ({ quorum, approvedBy }) => `${approvedBy.length} of ${quorum}`,
      align: 'right',
    },
    { title: 'groups', cell: ({ groups }) => groups.join(', ') },
  ]);
  return `${table}\n\`${command('reviews RUN REVIEW')}\` shows one with all that it takes to decide.`;
}
