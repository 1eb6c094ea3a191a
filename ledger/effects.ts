/** Effects: executed once per key (L8). An effect found executing has an unknown outcome. */
import { and, asc, eq, ne, sql } from 'drizzle-orm';
import type { EffectClaim, EffectClaimInput, EffectLedger } from '../contracts/ledger';
import { ask, type Database } from './database';
import { effects } from './schema';

export function createEffectLedger({ db }: Database): EffectLedger {
  async function claim(input: EffectClaimInput, again: boolean): Promise<EffectClaim> {
    return ask(
      db.transaction(async (tx): Promise<EffectClaim> => {
        const { rows } = await tx.execute<{ closed: boolean; generation: number }>(sql`
          SELECT run_is_closed(${input.runKey}) AS closed,
                 generation_of(${input.runKey}, ${input.temporalRunId}) AS generation`);
        const { closed, generation } = rows[0] as { closed: boolean; generation: number };
        if (closed) return { outcome: 'closed' };
        const fence = {
          fenceGeneration: generation,
          fenceEntry: input.entry,
          fenceAttempt: input.attempt,
        };
        const { stepKey, runKey, phase, tool, inputSha256 } = input;
        const inserted = await tx
          .insert(effects)
          .values({ stepKey, runKey, phase, tool, inputSha256, status: 'executing', ...fence })
          .onConflictDoNothing()
          .returning({ stepKey: effects.stepKey });
        if (inserted.length > 0) return { outcome: 'claimed' };

        const [known] = await tx
          .select()
          .from(effects)
          .where(eq(effects.stepKey, stepKey))
          .for('update');
        if (!known) throw new RangeError(`effect ${stepKey} vanished`);
        if (known.status === 'done' && known.resultSha256)
          return { outcome: 'done', resultSha256: known.resultSha256 };
        const order =
          known.fenceGeneration - generation ||
          known.fenceEntry - input.entry ||
          known.fenceAttempt - input.attempt;
        if (order > 0) return { outcome: 'fenced' };
        // The same fence: this very claim again, whose answer was lost on the way.
        if (order < 0 && known.status === 'executing' && !again) return { outcome: 'unknown' };
        await tx
          .update(effects)
          .set({ status: 'executing', inputSha256, ...fence })
          .where(eq(effects.stepKey, stepKey));
        return { outcome: 'claimed' };
      }),
    );
  }

  return {
    claimEffect: (input) => claim(input, false),
    reclaimEffect: (input) => claim(input, true),

    async commitEffect(stepKey, resultSha256) {
      await ask(
        db
          .update(effects)
          .set({ status: 'done', resultSha256, endedAt: sql`now()` })
          .where(and(eq(effects.stepKey, stepKey), ne(effects.status, 'done'))),
      );
    },

    async releaseEffect(stepKey) {
      await ask(
        db
          .update(effects)
          .set({ status: 'failed', endedAt: sql`now()` })
          // An attempt that was cut off and failed late must not undo what another has done.
          .where(and(eq(effects.stepKey, stepKey), eq(effects.status, 'executing'))),
      );
    },

    async effectResult(stepKey) {
      const [row] = await ask(
        db
          .select({ resultSha256: effects.resultSha256 })
          .from(effects)
          .where(eq(effects.stepKey, stepKey)),
      );
      return row?.resultSha256 ?? undefined;
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
