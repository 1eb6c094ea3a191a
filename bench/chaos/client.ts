/** The service that starts the runs, and the person who answers what they ask. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { createTuesday } from '../../client/tuesday';
import type { Tuesday } from '../../client/types';
import { getJson } from '../../contracts/content';
import { LedgerUnavailable, UserError } from '../../contracts/errors';
import { installedTools } from '../../contracts/tools';
import type { ReviewView, RunView } from '../../contracts/views';
import { openLedger } from '../../ledger';
import { connectTemporal } from '../../worker/temporal/connect';
import { benchSigner } from '../support/bench-secret';
import type { Parts } from './parts';
import { type PlannedRun, RUN_BUDGET_MICRO_USD } from './runs';
import { TARGET_NAMES } from './target';

const AGAIN_MS = 500;
const LOOK_MS = 500;

export interface CampaignClient {
  tuesday: Tuesday;
  close(): Promise<void>;
}

/** The typed client over the starter's own links, which are cut like the others. */
export async function openClient(parts: Parts): Promise<CampaignClient> {
  const ledger = await openLedger(parts.databaseUrl('starter>ledger'));
  const connection = await connectTemporal({
    given: true,
    address: `127.0.0.1:${parts.links['starter>temporal'].port}`,
    namespace: 'default',
  });
  const tuesday = createTuesday({
    temporal: new Client({ connection: connection.connection, namespace: 'default' }),
    content: ledger.ledger.content,
    reader: ledger.reader,
    switches: ledger.switches,
    taskQueue: parts.taskQueue,
    signer: benchSigner(),
    installedTools: installedTools({ publishTargets: TARGET_NAMES }),
  });
  return {
    tuesday,
    async close() {
      await connection.close();
      await ledger.close();
    },
  };
}

/** Starts each run at its moment; what cannot be reached is tried again with the same key. */
export async function startRuns(
  { tuesday }: CampaignClient,
  runs: readonly PlannedRun[],
): Promise<void> {
  await Promise.all(
    runs.map(async (run) => {
      await delay(run.atMs);
      await untilReached(() =>
        tuesday.startRun(run.team, {
          key: run.key,
          question: run.question,
          user: run.user,
          review: run.review,
          budgetMicroUsd: RUN_BUDGET_MICRO_USD,
          ...(run.documents === undefined ? {} : { documents: run.documents }),
        }),
      );
    }),
  );
}

async function untilReached<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await delay(AGAIN_MS);
    }
  }
}

/** What a caller is told to try again; anything else is a defect, ours or the product's. */
const isPassing = (error: unknown): boolean =>
  error instanceof LedgerUnavailable ||
  (error instanceof UserError && error.kind === 'unavailable');

/** How often each question was answered, by its reason. */
export type Answers = Record<string, number>;

/** Looks for what runs ask and answers it, until it is told to stop. */
export function answerQuestions({ tuesday }: CampaignClient, parts: Parts) {
  const answers: Answers = {};
  const failures: string[] = [];
  let isStopping = false;

  async function look(): Promise<void> {
    const { runs } = await tuesday.listRuns({ status: 'waiting_for_review', limit: 200 });
    for (const { id } of runs) {
      const run = await tuesday.getRun(id);
      for (const review of run.reviews) {
        const decision = await decisionOn(tuesday, parts, run, review);
        if (decision === undefined) continue;
        const receipt = await tuesday.decide(id, {
          decision,
          reviewId: review.id,
          // One that comes again, since nobody saw the first one's receipt, changes nothing.
          decisionId: `answer-${review.id}`,
          digest: review.digest,
          actor: 'decider',
        });
        if (receipt.applied) answers[review.reason] = (answers[review.reason] ?? 0) + 1;
      }
    }
  }

  const answering = (async () => {
    while (!isStopping) {
      await look().catch((error: unknown) => {
        // A run may move on while it is looked at.
        const isConflict = error instanceof UserError && error.kind === 'conflict';
        if (!isPassing(error) && !isConflict) throw error;
        failures.push((error as Error).message);
      });
      await delay(LOOK_MS);
    }
  })();
  return {
    answers,
    /** Resolves when it has been stopped; rejects at once where it met a defect. */
    ended: answering,
    /** Why some came late: what could not be reached. */
    failures,
    async stop() {
      isStopping = true;
      await answering;
    },
  };
}

/** A request that is held on its way, or by a frozen worker, may still arrive within this time. */
const ON_ITS_WAY_MS_MAX = 25_000;

/**
 * What a careful person says: who cannot tell whether an effect happened looks at the target, and
 * waits until nothing can be on its way any more before it is done again. Undefined: not yet.
 */
async function decisionOn(
  { content }: Tuesday,
  { publishDir, target }: Parts,
  run: RunView,
  review: ReviewView,
): Promise<'approve' | 'resume' | undefined> {
  if (review.kind === 'approval') return 'approve';
  if (!OUTCOME_UNKNOWN.has(review.reason)) return 'resume';
  const effects = await Promise.all(
    (review.effects ?? []).map(({ inputSha256 }) => getJson<EffectInput>(content, inputSha256)),
  );
  const happened = await Promise.all(
    effects.map(async (effect) => {
      if ('target' in effect)
        return target
          .carried()
          .some((done) => done.target === effect.target && done.content === effect.content);
      const file = join(publishDir, `${run.id}-${run.firstRunId}`, effect.path);
      return (await readFile(file, 'utf8').catch(() => undefined)) === effect.content;
    }),
  );
  if (happened.every(Boolean)) return 'approve';
  return Date.now() - Date.parse(review.openedAt) > ON_ITS_WAY_MS_MAX ? 'resume' : undefined;
}

const OUTCOME_UNKNOWN = new Set(['effect_unknown', 'effect_not_seen']);

type EffectInput = { path: string; content: string } | { target: string; content: string };
