/** Effects: begun once per key (L8), each at a place of its own (L9). */
import { and, asc, eq, ne, sql } from 'drizzle-orm';
import type { EffectClaim, EffectClaimInput, EffectLedger } from '../contracts/effect-ledger';
import type { Fence } from '../contracts/ledger';
import type { HeldBy } from '../contracts/switches';
import { ask, type Database, type Transaction } from './database';
import { effects } from './schema';

type EffectRow = typeof effects.$inferSelect;

const fenceColumns = ({ generation, entry, attempt }: Fence) => ({
  fenceGeneration: generation,
  fenceEntry: entry,
  fenceAttempt: attempt,
});

export function createEffectLedger({ db, transaction }: Database): EffectLedger {
  return {
    claimEffect: (input) => ask(transaction((tx) => claim(tx, input))),

    async commitEffect(stepKey, resultSha256) {
      await ask(
        db
          .update(effects)
          .set({ status: 'done', resultSha256, endedAt: sql`now()` })
          .where(and(eq(effects.stepKey, stepKey), ne(effects.status, 'done'))),
      );
    },

    async failEffect({ stepKey, fence, as, reportSha256 }) {
      const { fenceGeneration, fenceEntry, fenceAttempt } = fenceColumns(fence);
      await ask(
        db
          .update(effects)
          .set({ status: as, reportSha256, endedAt: sql`now()` })
          .where(
            and(
              eq(effects.stepKey, stepKey),
              ne(effects.status, 'done'),
              eq(effects.fenceGeneration, fenceGeneration),
              eq(effects.fenceEntry, fenceEntry),
              eq(effects.fenceAttempt, fenceAttempt),
            ),
          ),
      );
    },

    async effectEnd(stepKey) {
      const [row] = await ask(db.select().from(effects).where(eq(effects.stepKey, stepKey)));
      if (row?.status === 'done' && row.resultSha256) return { resultSha256: row.resultSha256 };
      if (row?.status === 'refused' && row.reportSha256) return { reportSha256: row.reportSha256 };
      return undefined;
    },

    async effectsOf(runKey) {
      const rows = await ask(
        db
          .select({ tool: effects.tool, resultSha256: effects.resultSha256 })
          .from(effects)
          .where(and(eq(effects.runKey, runKey), eq(effects.status, 'done')))
          .orderBy(asc(effects.startedAt)),
      );
      return rows.flatMap(({ tool, resultSha256 }) =>
        resultSha256 === null ? [] : [{ tool, resultSha256 }],
      );
    },
  };
}

interface Standing extends Record<string, unknown> {
  closed: boolean;
  generation: number;
  held: HeldBy | null;
}

async function claim(tx: Transaction, input: EffectClaimInput): Promise<EffectClaim> {
  const { rows } = await tx.execute<Standing>(sql`
    SELECT run_is_closed(${input.runKey}) AS closed,
           generation_of(${input.runKey}, ${input.temporalRunId}) AS generation,
           hold_on(${input.runKey}, 'tool', ${input.tool}) AS held`);
  const { closed, generation, held } = rows[0] as Standing;
  if (closed) return { outcome: 'closed' };
  if (held && !input.concludes) return heldUp(tx, input, held);
  const fence = { generation, entry: input.entry, attempt: input.attempt };

  // Two effects that come at once for one place wait for each other here, until the transaction ends.
  if (input.place !== undefined)
    await tx.execute(
      sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${input.runKey}\n${input.place}`}, 0))`,
    );
  const { stepKey, runKey, phase, tool, inputSha256 } = input;
  const unable = input.unable === true;
  const lost = input.claimedBefore && (unable || input.repeat !== 'always');
  const inserted = await tx
    .insert(effects)
    .values({
      ...{ stepKey, runKey, phase, tool, inputSha256, place: input.place ?? null },
      status: lost ? 'unknown' : unable ? 'failed' : 'executing',
      tries: unable ? 0 : 1,
      ...fenceColumns(fence),
    })
    .onConflictDoNothing()
    .returning({ stepKey: effects.stepKey });
  if (inserted.length > 0) {
    if (lost) return { outcome: 'unknown' };
    if (unable) return { outcome: 'not_begun' };
    return (
      (await takenOver(tx, input)) ??
      (await takenBy(tx, input, fence)) ?? { outcome: 'claimed', fence, tries: 1 }
    );
  }

  const [known] = await tx.select().from(effects).where(eq(effects.stepKey, stepKey)).for('update');
  if (!known) throw new RangeError(`effect ${stepKey} vanished`);
  return claimKnown(tx, input, fence, known);
}

/** What has been done is read back all the same. */
async function heldUp(
  tx: Transaction,
  { stepKey }: EffectClaimInput,
  heldBy: HeldBy,
): Promise<EffectClaim> {
  const [known] = await tx.select().from(effects).where(eq(effects.stepKey, stepKey));
  if (known?.status === 'done' && known.resultSha256)
    return { outcome: 'done', resultSha256: known.resultSha256 };
  return { outcome: 'held_up', heldBy };
}

async function claimKnown(
  tx: Transaction,
  input: EffectClaimInput,
  fence: Fence,
  known: EffectRow,
): Promise<EffectClaim> {
  if (known.status === 'done' && known.resultSha256)
    return { outcome: 'done', resultSha256: known.resultSha256 };
  const entryOrder = known.fenceGeneration - fence.generation || known.fenceEntry - fence.entry;
  const order = entryOrder || known.fenceAttempt - fence.attempt;
  if (order > 0) return { outcome: 'fenced' };
  // The same fence: this very claim again, whose answer was lost on the way.
  if (order === 0 && known.status === 'executing' && !input.unable)
    return { outcome: 'claimed', fence, tries: known.tries };

  const begun = known.status === 'executing' || known.status === 'unknown';
  if (input.unable) {
    await tx
      .update(effects)
      .set({
        ...(begun ? { status: 'unknown' } : {}),
        tries: entryOrder === 0 ? known.tries : 0,
        ...fenceColumns(fence),
      })
      .where(eq(effects.stepKey, input.stepKey));
    return { outcome: begun ? 'unknown' : 'not_begun' };
  }
  const mayBegin =
    !begun || input.repeat === 'always' || (input.repeat === 'once' && entryOrder < 0);
  const tries = entryOrder === 0 ? known.tries + 1 : 1;
  // An unknown outcome takes the fence too: the attempt that began it, if it still lives, claims nothing.
  await tx
    .update(effects)
    .set({
      ...(mayBegin
        ? { status: 'executing', tries, inputSha256: input.inputSha256, place: input.place ?? null }
        : { status: 'unknown' }),
      ...fenceColumns(fence),
    })
    .where(eq(effects.stepKey, input.stepKey));
  if (!mayBegin) return { outcome: 'unknown' };
  return (await takenBy(tx, input, fence)) ?? { outcome: 'claimed', fence, tries };
}

/** By the form of step keys: all rounds of this phase, and this round, each with the separator after it. */
function prefixesOf({ stepKey }: EffectClaimInput): { phase: string; round: string } {
  const round = `${stepKey.slice(0, stepKey.lastIndexOf('/'))}/`;
  return { phase: `${round.slice(0, round.lastIndexOf('/', round.length - 2))}/`, round };
}

/**
 * The very same effect, carried out by another round of the phase: its agent starts over and knows
 * nothing of it. At a place of its own it is carried out again, since a round between them may have
 * put something else there.
 */
async function takenOver(
  tx: Transaction,
  input: EffectClaimInput,
): Promise<EffectClaim | undefined> {
  const { stepKey, runKey, tool, inputSha256, place } = input;
  if (place !== undefined) return undefined;
  const { phase, round } = prefixesOf(input);
  const { rows } = await tx.execute<{ result: string }>(sql`
    SELECT result_sha256 AS result FROM effects
    WHERE run_key = ${runKey} AND tool = ${tool} AND input_sha256 = ${inputSha256}
      AND status = 'done' AND starts_with(step_key, ${phase}) AND NOT starts_with(step_key, ${round})
    LIMIT 1`);
  if (!rows[0]) return undefined;
  const resultSha256 = rows[0].result;
  await tx
    .update(effects)
    .set({ status: 'done', resultSha256, endedAt: sql`now()` })
    .where(eq(effects.stepKey, stepKey));
  return { outcome: 'done', resultSha256 };
}

/** Another effect of the run that has written, or may have, something else to the same place. */
async function takenBy(
  tx: Transaction,
  input: EffectClaimInput,
  fence: Fence,
): Promise<EffectClaim | undefined> {
  const { stepKey, runKey, inputSha256, place } = input;
  if (place === undefined) return undefined;
  const { phase, round } = prefixesOf(input);
  const { rows } = await tx.execute<{ phase: string }>(sql`
    SELECT phase FROM effects
    WHERE run_key = ${runKey} AND place = ${place} AND step_key <> ${stepKey}
      AND input_sha256 <> ${inputSha256} AND status IN ('executing', 'unknown', 'done')
      -- Another round of the same phase replaces what is its own.
      AND NOT (starts_with(step_key, ${phase}) AND NOT starts_with(step_key, ${round}))
    LIMIT 1`);
  if (!rows[0]) return undefined;
  await tx.update(effects).set({ status: 'failed' }).where(eq(effects.stepKey, stepKey));
  return { outcome: 'taken', fence, byPhase: rows[0].phase };
}
