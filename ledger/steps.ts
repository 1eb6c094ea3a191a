/** Claims, outcomes and money of steps. The logic is in `migrations/` (0001_steps, 0007_breakers), one round trip each. */
import { and, count, desc, eq, isNotNull, min, type SQL, sql } from 'drizzle-orm';
import type { PhaseReport } from '../contracts/activities';
import type { FailureKind } from '../contracts/failures';
import { type RoundId, roundKey } from '../contracts/ids';
import type {
  ArtifactBytes,
  AttemptBegun,
  BeginAttempt,
  ClaimStep,
  EarlierResult,
  EarlierResultQuery,
  FailCall,
  Fence,
  NotedRecovery,
  RecordedStep,
  RecordOutcome,
  SettleCall,
  StepClaim,
  StepLedger,
} from '../contracts/ledger';
import { BREAKER, PHASE_PLACES } from '../contracts/limits';
import type { LoadLimits, LoadScope, QueuePlace } from '../contracts/load';
import { NO_SPEND } from '../contracts/run-status';
import { json } from './admissions';
import { ask, type Database } from './database';
import { calls, phaseAccounts, rounds, stepRecoveries } from './schema';

/** The three parallel arrays that the SQL functions take artifacts as. */
function arrays(artifacts: ArtifactBytes[]): SQL {
  const names = artifacts.map(({ sha256 }) => sha256);
  const types = artifacts.map(({ mediaType }) => mediaType);
  const bytes = artifacts.map((artifact) => artifact.bytes);
  return sql`${sql.param(names)}::text[], ${sql.param(types)}::text[], ${sql.param(bytes)}::bytea[]`;
}

export function createStepLedger(
  { db }: Database,
  { phasesAtWork }: Pick<LoadLimits, 'phasesAtWork'>,
): StepLedger {
  /** Calls one of the SQL functions, each of which answers one JSON object. */
  async function call<T>(invocation: SQL): Promise<T> {
    const { rows } = await ask(db.execute<{ answer: T }>(sql`SELECT ${invocation} AS answer`));
    return (rows[0] as { answer: T }).answer;
  }

  return {
    async beginAttempt(begin: BeginAttempt): Promise<AttemptBegun> {
      const { round, entry, attempt } = begin;
      const answer = await call<
        | { outcome: 'fenced' | 'closed' }
        | { outcome: 'waits'; place: QueuePlace }
        | {
            outcome: 'begun';
            generation: number;
            crashes: number;
            takesOver: boolean;
            promptSha256: string | null;
            recorded: Record<string, RecordedStep>;
            waitedMs: number;
            heldBy: LoadScope | null;
          }
      >(sql`begin_attempt(${round.runKey}, ${begin.temporalRunId}, ${roundKey(round)}, ${round.phase},
        ${round.item}, ${round.round}, ${entry}, ${attempt}, ${begin.worker},
        ${json(phasesAtWork)}, ${PHASE_PLACES.freshMs}::int, ${begin.waitedMs}::int)`);
      if (answer.outcome !== 'begun') return answer;
      const { generation, crashes, takesOver, promptSha256, recorded, waitedMs, heldBy } = answer;
      return {
        outcome: 'begun',
        fence: { generation, entry, attempt },
        crashes,
        takesOver,
        recorded,
        start: { waitedMs, ...(heldBy === null ? {} : { heldBy }) },
        ...(promptSha256 === null ? {} : { promptSha256 }),
      };
    },

    async keepPrompt(round: RoundId, promptSha256: string): Promise<string> {
      const [kept] = await ask(
        db
          .update(rounds)
          .set({ promptSha256: sql`coalesce(${rounds.promptSha256}, ${promptSha256})` })
          .where(eq(rounds.roundKey, roundKey(round)))
          .returning({ promptSha256: rounds.promptSha256 }),
      );
      return kept?.promptSha256 ?? promptSha256;
    },

    claimStep: (claim: ClaimStep): Promise<StepClaim> =>
      call(sql`claim_step(${claim.stepKey}, ${roundKey(claim.round)}, ${claim.round.runKey},
        ${claim.round.phase}, ${claim.round.round}, ${claim.turn}, ${claim.kind}, ${claim.name},
        ${claim.requestDigest}, ${claim.fence.generation}, ${claim.fence.entry},
        ${claim.fence.attempt}, ${claim.callId}, ${claim.reserveMicroUsd},
        ${claim.allowanceMicroUsd}, ${claim.breaker?.scope ?? null}, ${claim.breaker?.leaseMs ?? null}::int,
        ${claim.goesOn ?? false}, ${arrays(claim.artifacts)})`),

    recordOutcome: (outcome: RecordOutcome): Promise<{ outcomeSha256: string; won: boolean }> =>
      call(sql`record_outcome(${outcome.stepKey}, ${outcome.callId}, ${outcome.outcomeSha256},
        ${outcome.ending}, ${outcome.costMicroUsd}, ${outcome.usage?.inputTokens ?? null}::int,
        ${outcome.usage?.outputTokens ?? null}::int, ${outcome.usage?.cacheWriteTokens ?? null}::int,
        ${outcome.usage?.cacheReadTokens ?? null}::int, ${outcome.requestId ?? null},
        ${outcome.servedBy ?? null}, ${outcome.latencyMs}, ${outcome.breaker ?? null},
        ${arrays(outcome.artifacts)})`),

    async settleCall({ callId, costMicroUsd, requestId, latencyMs }: SettleCall): Promise<void> {
      await call(sql`settle_call(${callId}, ${costMicroUsd}, ${requestId ?? null}, ${latencyMs})`);
    },

    failCall: (failed: FailCall): Promise<{ tries: number }> =>
      call(sql`fail_call(${failed.stepKey}, ${failed.callId}, ${failed.disposition},
        ${failed.failure}, ${failed.requestId ?? null}, ${failed.latencyMs},
        ${failed.errorSha256 ?? null}, ${failed.breaker?.scope ?? null}, ${BREAKER.failuresInARow},
        ${BREAKER.openMs}, ${BREAKER.openMsMax}, ${failed.breaker?.retryAfterMs ?? 0},
        ${arrays(failed.artifacts)})`),

    async lastFailure(stepKey: string) {
      const [last] = await ask(
        db
          .select({ failure: calls.failure, errorSha256: calls.errorSha256 })
          .from(calls)
          .where(and(eq(calls.stepKey, stepKey), isNotNull(calls.errorSha256)))
          .orderBy(desc(calls.startedAt))
          .limit(1),
      );
      const { failure, errorSha256 } = last ?? {};
      return failure && errorSha256 ? { failure: failure as FailureKind, errorSha256 } : undefined;
    },

    async earlierResult(query: EarlierResultQuery): Promise<EarlierResult | undefined> {
      const { runKey, tool, requestDigest, ageMsMax, ofThisRun } = query;
      const { rows } = await ask(
        db.execute<{ outcome: string; age: string }>(sql`
          SELECT s.outcome_sha256 AS outcome, extract(epoch FROM now() - s.ended_at) * 1000 AS age
          FROM runs own
          JOIN runs r ON r.user_id = own.user_id AND r.team = own.team
            AND (r.run_key = own.run_key OR NOT ${ofThisRun}::boolean)
          JOIN steps s ON s.run_key = r.run_key
          WHERE own.run_key = ${runKey} AND s.name = ${tool} AND s.request_digest = ${requestDigest}
            AND s.kind = 'tool' AND s.ending = 'ok'
            AND s.ended_at > now() - ${ageMsMax}::double precision * interval '1 millisecond'
          ORDER BY s.ended_at DESC LIMIT 1`),
      );
      const [found] = rows;
      return found && { outcomeSha256: found.outcome, ageMs: Math.round(Number(found.age)) };
    },

    async endAttempt(round: RoundId, fence: Fence): Promise<void> {
      await ask(
        db
          .update(rounds)
          .set({ attemptOpen: false })
          .where(
            and(
              eq(rounds.roundKey, roundKey(round)),
              eq(rounds.fenceGeneration, fence.generation),
              eq(rounds.fenceEntry, fence.entry),
              eq(rounds.fenceAttempt, fence.attempt),
            ),
          ),
      );
    },

    async noteRecovery(recovery: NotedRecovery): Promise<boolean> {
      const { round, stepKey, failure, action, once = false } = recovery;
      const inserted = await ask(
        db.execute(sql`
          INSERT INTO step_recoveries (run_key, phase, round, step_key, failure, action)
          SELECT ${round.runKey}, ${round.phase ?? null}::text, ${round.round ?? null}::integer, ${stepKey ?? null}::text, ${failure}, ${action}
          WHERE NOT (${once} AND EXISTS (
            SELECT FROM step_recoveries r WHERE r.run_key = ${round.runKey} AND r.phase = ${round.phase ?? null}::text
              AND r.step_key = ${stepKey ?? null}::text AND r.failure = ${failure} AND r.action = ${action}))`),
      );
      return inserted.rowCount === 1;
    },

    async reportOf(runKey: string, phase: string): Promise<PhaseReport> {
      const [[account], recoveries] = await Promise.all([
        ask(
          db
            .select({
              settledMicroUsd: phaseAccounts.settledMicroUsd,
              // A call that is still open may be billed at its worst case.
              unsettledMicroUsd:
                sql<number>`${phaseAccounts.unsettledMicroUsd} + ${phaseAccounts.openMicroUsd}`.mapWith(
                  Number,
                ),
            })
            .from(phaseAccounts)
            .where(and(eq(phaseAccounts.runKey, runKey), eq(phaseAccounts.phase, phase))),
        ),
        ask(
          db
            .select({
              failure: stepRecoveries.failure,
              action: stepRecoveries.action,
              count: count(),
            })
            .from(stepRecoveries)
            .where(and(eq(stepRecoveries.runKey, runKey), eq(stepRecoveries.phase, phase)))
            .groupBy(stepRecoveries.failure, stepRecoveries.action)
            .orderBy(min(stepRecoveries.id)),
        ),
      ]);
      return { spend: account ?? NO_SPEND, recoveries };
    },
  };
}
