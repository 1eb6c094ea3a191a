/** Invocations as the trace shows them: a step with its calls. */
import { asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { toolCallOf } from '../contracts/ids';
import type { TraceStep } from '../contracts/views';
import { ask, type Database } from './database';
import { recoveriesOfSteps } from './recoveries';
import { calls, runs, steps } from './schema';

/** A run's steps in one answer; far above what limits of turns and rounds allow to happen often. */
const TRACE_STEPS_MAX = 5_000;

/** A step's place in its run. All steps of a run are counted in one pass; those of many runs each by the index. */
const NUMBER = {
  oldest: sql<number>`(row_number() OVER (ORDER BY ${steps.startedAt}, ${steps.stepKey}))::int`,
  newest: sql<number>`(SELECT count(*)::int FROM steps AS earlier
    WHERE earlier.run_key = ${steps.runKey}
      AND (earlier.started_at, earlier.step_key) <= (${steps.startedAt}, ${steps.stepKey}))`,
};

/** @param order `oldest` for the steps of one run, `newest` for those of many */
export async function traceSteps(
  database: Database,
  condition: SQL | undefined,
  order: 'oldest' | 'newest',
  limit = TRACE_STEPS_MAX,
): Promise<(TraceStep & { run: string })[]> {
  const { db } = database;
  const direction = order === 'oldest' ? asc : desc;
  const found = await ask(
    db
      .select({ step: steps, run: runs.workflowId, number: NUMBER[order] })
      .from(steps)
      .innerJoin(runs, eq(runs.runKey, steps.runKey))
      .where(condition)
      .orderBy(direction(steps.startedAt), direction(steps.stepKey))
      .limit(limit),
  );
  const keys = found.map(({ step }) => step.stepKey);
  if (keys.length === 0) return [];
  const [made, recoveries] = await Promise.all([
    ask(db.select().from(calls).where(inArray(calls.stepKey, keys)).orderBy(asc(calls.startedAt))),
    recoveriesOfSteps(database, keys),
  ]);
  const byStep = new Map<string, typeof made>(keys.map((key) => [key, []]));
  for (const call of made) byStep.get(call.stepKey)?.push(call);
  const callsOf = (stepKey: string) => byStep.get(stepKey) ?? [];
  return found.map(({ step, run, number }) => ({
    run,
    stepKey: step.stepKey,
    number,
    phase: step.phase,
    round: step.round,
    turn: step.turn,
    kind: step.kind,
    name: step.name,
    startedAt: step.startedAt.toISOString(),
    requestSha256: step.requestDigest,
    ...numbered(step.stepKey),
    ...(step.ending ? { ending: step.ending } : {}),
    ...(step.endedAt ? { endedAt: step.endedAt.toISOString() } : {}),
    ...(step.outcomeSha256 ? { outcomeSha256: step.outcomeSha256 } : {}),
    ...(step.servedBy ? { servedBy: step.servedBy } : {}),
    ...(step.inputTokens === null
      ? {}
      : {
          tokens: {
            input: step.inputTokens,
            output: step.outputTokens ?? 0,
            cacheWrite: step.cacheWriteTokens ?? 0,
            cacheRead: step.cacheReadTokens ?? 0,
          },
        }),
    costMicroUsd: callsOf(step.stepKey).reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0),
    recoveries: recoveries.get(step.stepKey) ?? [],
    calls: callsOf(step.stepKey).map((call) => ({
      id: call.callId,
      status: call.status,
      reservedMicroUsd: call.reservedMicroUsd,
      costMicroUsd: call.costMicroUsd,
      startedAt: call.startedAt.toISOString(),
      ...(call.failure ? { failure: call.failure } : {}),
      ...(call.requestId ? { requestId: call.requestId } : {}),
      ...(call.latencyMs === null ? {} : { latencyMs: call.latencyMs }),
      ...(call.errorSha256 ? { errorSha256: call.errorSha256 } : {}),
    })),
  }));
}

function numbered(stepKey: string): Pick<TraceStep, 'toolCall'> {
  const toolCall = toolCallOf(stepKey);
  return toolCall === undefined ? {} : { toolCall };
}
