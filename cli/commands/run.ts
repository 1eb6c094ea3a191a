import { join } from 'node:path';
import { Command, Option } from 'commander';
import { checkStart } from '../../client/check-start';
import type { RunHandle, StartRequest, Tuesday } from '../../client/types';
import { getJson } from '../../contracts/content';
import { EXIT } from '../../contracts/errors';
import { isEnd } from '../../contracts/run-status';
import type { TeamInput } from '../../contracts/team/schema';
import type { RunResult, RunView } from '../../contracts/views';
import { startInstallation, whileUp } from '../bring-up';
import { asTyped } from '../called-as';
import { clientOf } from '../client';
import { dataDirOf, findRunning } from '../connect';
import type { SetExitCode } from '../exit-codes';
import { exitCodeOf } from '../exit-codes';
import { prepareOutFolder } from '../export';
import { followRun } from '../follow';
import { listenForInterrupts } from '../interrupt';
import { createIo, type Io } from '../io';
import {
  absolute,
  type CommonOptions,
  parseDollars,
  priorityOption,
  requireQuestion,
  userOption,
  withCommonOptions,
} from '../options';
import { readyTeam } from '../ready-team';
import { renderReview } from '../render/review';
import { looksLikeFile, readTeamFile } from '../team-file';
import { toolsHere } from '../tools-here';
import { showResult } from './result';

interface RunOptions extends CommonOptions {
  question?: string;
  docs?: string;
  out?: string;
  budget?: number;
  key?: string;
  user?: string;
  review: 'declared' | 'always';
  priority?: number;
  skipUnreadable: boolean;
}

/** `tuesday run TEAM`: starts a run and follows it to its end. */
export function runCommand(exitWith: SetExitCode): Command {
  return withCommonOptions(new Command('run'))
    .description('start a run and follow it to its end')
    .argument('<team>', 'name of a ready team, or path of a team’s JSON file')
    .option('--question <text>', 'what the team is to find out or do')
    .option('--docs <folder>', 'the documents it works on: md, txt, html, pdf, docx, csv')
    .option('--out <folder>', 'write report, run.json and the documents’ texts there')
    .option(
      '--budget <dollars>',
      'what it may cost at most, e.g. 0.50 (the team’s own)',
      parseDollars,
    )
    .option('--key <key>', 'business key: the same key and request is the same run (generated)')
    .addOption(userOption())
    .addOption(
      new Option(
        '--review <when>',
        'ask a person before any effect, or only where the team says so',
      )
        .choices(['declared', 'always'])
        .default('declared'),
    )
    .addOption(priorityOption())
    .option('--skip-unreadable', 'leave out files that cannot be read', false)
    .action(async (team: string, options: RunOptions) => {
      const { choice, request, out } = await prepare(team, options);
      const io = createIo(options.json);
      const { signal, dispose } = listenForInterrupts();
      const place = await reach({ choice, request }, options, io);
      try {
        exitWith(await runToItsEnd(place, { choice, request, out, io, signal }));
      } finally {
        await place.tuesday.close();
        await place.stop();
        dispose();
      }
    });
}

async function prepare(team: string, options: RunOptions) {
  const { docs, budget, key, user, review, priority, skipUnreadable } = options;
  const request: StartRequest = {
    question: requireQuestion(options.question),
    review,
    skipUnreadable,
    ...(user === undefined ? {} : { user }),
    ...(docs === undefined ? {} : { documents: absolute(docs) }),
    ...(budget === undefined ? {} : { budgetMicroUsd: budget }),
    ...(key === undefined ? {} : { key }),
    ...(priority === undefined ? {} : { priority }),
  };
  const out = options.out === undefined ? undefined : absolute(options.out);
  if (out !== undefined) await prepareOutFolder(out);
  const choice = looksLikeFile(team) ? await readTeamFile(absolute(team)) : team;
  return { choice, request, out };
}

interface Place {
  tuesday: Tuesday;
  /** Whether it ends with this command. */
  isOwn: boolean;
  /** Where files are published, as far as this command knows. */
  publishRoot?: string;
  /** Waits for a task, but not in vain when what runs has failed. */
  whileUp<T>(task: Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** What is running, else everything brought up for this one run. */
async function reach(
  { choice, request }: Pick<Task, 'choice' | 'request'>,
  options: RunOptions,
  io: Io,
): Promise<Place> {
  const running = await findRunning(options);
  if (running)
    return {
      tuesday: running.tuesday,
      isOwn: false,
      whileUp: (task) => task,
      stop: async () => {},
    };
  // What would be refused is, before anything is brought up for it.
  const definition = typeof choice === 'string' ? readyTeam(choice).definition : choice;
  await checkStart(definition, request, await toolsHere());
  const dataDir = dataDirOf(options);
  io.note(`No Tuesday runs on ${dataDir}: bringing everything up for this one run.`);
  const publishRoot = join(dataDir, 'published');
  const installation = await startInstallation({
    dataDir,
    publishDir: publishRoot,
    env: process.env,
    apiPort: 0,
    uiPort: false,
    onProgress: (line) => io.note(line),
  });
  return {
    tuesday: clientOf(installation.apiUrl, installation.ownKey),
    isOwn: true,
    publishRoot,
    whileUp: (task) => whileUp(installation, task),
    stop: () => installation.stop(),
  };
}

interface Task {
  choice: TeamInput | string;
  request: StartRequest;
  out: string | undefined;
  io: Io;
  signal: AbortSignal;
}

async function runToItsEnd(place: Place, task: Task): Promise<number> {
  const { choice, request, out, io, signal } = task;
  const { tuesday } = place;
  const handle = await tuesday.startRun(choice, request);
  io.note(
    handle.reused
      ? `The run ${handle.id} had been started before with this very request.`
      : `The run ${handle.id} has been started.`,
  );
  const last = await place.whileUp(followRun(tuesday, handle, io, { signal }));
  if (last === undefined || (signal.aborted && !isEnd(last.status))) {
    io.note(howToGoOn(place, handle));
    return EXIT.interrupted;
  }
  if (!isEnd(last.status)) return tellParked(place, last, io);
  if (last.resultSha256 === undefined) io.result(last, () => `${last.id}: ${last.explanation}`);
  else {
    const result = await getJson<RunResult>(tuesday.content, last.resultSha256);
    await showResult(tuesday, result, io, { out, publishRoot: place.publishRoot });
  }
  return exitCodeOf(last.status);
}

function howToGoOn({ isOwn }: Place, { id }: RunHandle<unknown>): string {
  return isOwn
    ? `The run ${id} stands where it is: \`tuesday up\` goes on with it, \`tuesday watch ${id}\` shows it.`
    : `The run ${id} goes on: \`tuesday watch ${id}\` shows it.`;
}

/** A run that waits for a person keeps everything; the command says how it goes on. */
function tellParked({ isOwn }: Place, view: RunView, io: Io): number {
  const first = isOwn ? [asTyped('First start `tuesday up`; then:')] : [];
  io.result(view, () =>
    [
      `${view.id}: ${view.status}`,
      ...first,
      ...view.reviews.map((review) => renderReview(view.id, review)),
    ].join('\n'),
  );
  return exitCodeOf(view.status);
}
