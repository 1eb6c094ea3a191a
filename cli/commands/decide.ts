import { Argument, Command } from 'commander';
import type { Tuesday } from '../../client/types';
import { DECISION_KINDS, type DecisionKind } from '../../contracts/reviews';
import { command } from '../called-as';
import { connect } from '../connect';
import { readComment, readOutput } from '../decision-files';
import { exitCodeOf, type SetExitCode } from '../exit-codes';
import { createIo } from '../io';
import { type CommonOptions, parseDollars, withCommonOptions } from '../options';
import { renderReview } from '../render/review';
import { runArgument } from './status';

interface DecideOptions extends CommonOptions {
  review?: string;
  digest?: string;
  decisionId?: string;
  actor?: string;
  comment?: string;
  output?: string;
  to?: string;
  add?: number;
}

/** `tuesday decide RUN approve|reject|revise|…`: answers what a run asks. */
export function decideCommand(exitWith: SetExitCode): Command {
  const decision = new Argument('[decision]', 'what is decided; without it, what is asked');
  return withCommonOptions(new Command('decide'))
    .description('answer what a run asks a person')
    .addArgument(runArgument())
    .addArgument(decision.choices(DECISION_KINDS))
    .option('--review <id>', 'which question; may be left out where there is one')
    .option('--digest <sha256>', 'what you saw: refused if it has changed meanwhile')
    .option('--decision-id <id>', 'your own id: sent again, it changes nothing')
    .option(
      '--actor <id>',
      'opaque id of who decides (TUESDAY_USER; whoever is signed in)',
      process.env.TUESDAY_USER || undefined,
    )
    .option(
      '--comment <text|@file>',
      'revise: what is to be changed; respond: the answer; else why',
    )
    .option('--output <file>', 'edit: the output in its place, as JSON')
    .option('--to <id>', 'delegate: opaque id of the person')
    .option('--add <dollars>', 'top_up: how much, e.g. 0.50', parseDollars)
    .action(async (id: string, kind: DecisionKind | undefined, options: DecideOptions) => {
      const { review, digest, decisionId, actor, comment, output, to, add } = options;
      const { tuesday } = await connect(options);
      if (kind === undefined) return exitWith(await listQuestions(tuesday, id, options.json));
      const receipt = await tuesday.decide(id, {
        decision: kind,
        ...(actor === undefined ? {} : { actor }),
        ...(review === undefined ? {} : { reviewId: review }),
        ...(digest === undefined ? {} : { digest }),
        ...(decisionId === undefined ? {} : { decisionId }),
        ...(comment === undefined ? {} : { comment: await readComment(comment) }),
        ...(output === undefined ? {} : { output: await readOutput(output) }),
        ...(to === undefined ? {} : { to }),
        ...(add === undefined ? {} : { addMicroUsd: add }),
      });
      createIo(options.json).result(receipt, () =>
        receipt.applied
          ? `Taken: ${kind} for ${receipt.reviewId} of ${id}. \`${command(`watch ${id}`)}\` shows how it goes on.`
          : 'This decision had been taken before; nothing was changed.',
      );
    });
}

/** Everything that a run asks, with what to look at first. */
async function listQuestions(tuesday: Tuesday, id: string, json: boolean): Promise<number> {
  const { reviews, status } = await tuesday.getRun(id);
  createIo(json).result(reviews, () =>
    reviews.length > 0
      ? reviews.map((review) => renderReview(id, review)).join('\n\n')
      : `The run "${id}" asks nothing at present (${status}).`,
  );
  return exitCodeOf(status);
}
