/** Switches that hold runs up (contracts/switch-ledger.ts). What they refuse is in `migrations/0018_held_claims.sql`. */
import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { AuditEntry } from '../contracts/audit';
import { type RunId, runKey } from '../contracts/ids';
import { RECONCILE } from '../contracts/limits';
import type {
  HoldLedger,
  NewSwitch,
  Switch,
  SwitchLedger,
  SwitchOff,
  SwitchPlace,
  SwitchSet,
} from '../contracts/switch-ledger';
import type { HeldBy } from '../contracts/switches';
import type { AuditWriter } from './audit';
import { ask, type Database, type Transaction } from './database';
import { runs, switches } from './schema';

type SwitchRow = typeof switches.$inferSelect;

const idOfRun = {
  namespace: runs.namespace,
  workflowId: runs.workflowId,
  firstRunId: runs.firstRunId,
};

export function createSwitchLedger({ db }: Database, audit: AuditWriter): SwitchLedger {
  return {
    set: (wanted) =>
      audit.recording(async (tx) => {
        const answer = await setIn(tx, wanted);
        return { answer, entries: answer.outcome === 'set' ? [entryOfOn(wanted, answer)] : [] };
      }),

    turnOff: (off) =>
      audit.recording(async (tx) => {
        const [row] = await tx
          .update(switches)
          .set({ offBy: off.by, offAt: sql`clock_timestamp()`, offReason: off.reason ?? null })
          .where(onAt(off))
          .returning();
        return {
          answer: row && toSwitch(row),
          entries: row ? [entryOfOff(off, toSwitch(row))] : [],
        };
      }),

    async list({ past, limit }) {
      const rows = await ask(
        db
          .select()
          .from(switches)
          .where(past ? undefined : isNull(switches.offAt))
          .orderBy(desc(switches.setAt), switches.switchId)
          .limit(limit),
      );
      return rows.map(toSwitch);
    },

    concerned: (place) =>
      ask(
        db
          .select(idOfRun)
          .from(runs)
          .where(and(isNull(runs.closedAt), belongsTo(place)))
          .limit(RECONCILE.runsMax),
      ),

    async holdOn(run) {
      const held = await ask(holdIn(db, runKey(run)));
      if (!held) return undefined;
      const [found] = await ask(switchesIn(db, [held.switchId]));
      return found;
    },
  };
}

export function createHoldLedger({ db }: Database): HoldLedger {
  return {
    async holdOn(run) {
      const { rows } = await ask(
        db.execute<{ held: HeldBy | null; busy: boolean }>(sql`
          SELECT hold_on(${runKey(run)}, NULL, NULL) AS held,
            EXISTS (SELECT 1 FROM rounds WHERE run_key = ${runKey(run)} AND attempt_open)
            OR EXISTS (SELECT 1 FROM effects WHERE run_key = ${runKey(run)} AND status = 'executing') AS busy`),
      );
      const { held, busy } = rows[0] as { held: HeldBy | null; busy: boolean };
      return { ...(held ? { heldBy: held } : {}), atWork: busy };
    },

    async strayRuns(quietMs, max) {
      const { rows } = await ask(
        db.execute<RunId & Record<string, unknown>>(sql`
          SELECT namespace, workflow_id AS "workflowId", first_run_id AS "firstRunId" FROM runs
          WHERE closed_at IS NULL AND changed_at < now() - ${quietMs} * interval '1 millisecond'
            AND (held_by IS NOT NULL OR EXISTS (SELECT 1 FROM switches WHERE off_at IS NULL))
            AND (hold_on(run_key, NULL, NULL) ->> 'switchId') IS DISTINCT FROM held_by
          ORDER BY changed_at LIMIT ${max}`),
      );
      return rows;
    },
  };
}

/** By their ids. */
export async function switchesIn(
  db: Pick<Transaction, 'select'>,
  ids: readonly string[],
): Promise<Switch[]> {
  if (ids.length === 0) return [];
  const which = inArray(switches.switchId, [...ids]);
  return (await db.select().from(switches).where(which)).map(toSwitch);
}

/** What holds a run up, whatever model or tool it uses. */
export async function holdIn(
  tx: Pick<Transaction, 'execute'>,
  key: string,
): Promise<HeldBy | undefined> {
  const { rows } = await tx.execute<{ held: HeldBy | null }>(
    sql`SELECT hold_on(${key}, NULL, NULL) AS held`,
  );
  return rows[0]?.held ?? undefined;
}

/** Whoever sets or ends a run's switch locks the run first, then this. */
async function setIn(tx: Transaction, wanted: NewSwitch): Promise<SwitchSet> {
  const { id, scope, name, mode, by, reason } = wanted;
  if (scope === 'run') {
    const [run] = await tx
      .select({ closedAt: runs.closedAt })
      .from(runs)
      .where(eq(runs.runKey, name))
      .for('key share');
    if (!run || run.closedAt !== null) return { outcome: 'run_ended' };
  }
  // One at a time; whoever only reads goes on.
  await tx.execute(sql`LOCK TABLE switches IN SHARE ROW EXCLUSIVE MODE`);
  const [known] = await tx.select().from(switches).where(eq(switches.switchId, id));
  if (known) {
    const isSame = known.scope === scope && known.name === name && known.mode === mode;
    return isSame ? { outcome: 'set_before', set: toSwitch(known) } : { outcome: 'id_taken' };
  }
  const [on] = await tx.select().from(switches).where(onAt(wanted));
  if (on && (on.mode === mode || on.mode === 'stop'))
    return { outcome: 'on_already', set: toSwitch(on) };
  if (on)
    await tx
      .update(switches)
      .set({ offBy: by, offAt: sql`clock_timestamp()` })
      .where(eq(switches.switchId, on.switchId));
  const row = { switchId: id, scope, name, mode, setBy: by, reason: reason ?? null };
  const [set] = await tx.insert(switches).values(row).returning();
  return { outcome: 'set', set: toSwitch(set as SwitchRow), ...(on ? { was: toSwitch(on) } : {}) };
}

const ON_ACTIONS = { pause: 'run_paused', stop: 'run_stopped' } as const;

function entryOfOn(wanted: NewSwitch, { was }: { was?: Switch }): AuditEntry {
  const { id, scope, mode } = wanted;
  return {
    ...entryOf(wanted),
    key: `switch/${id}/on`,
    action: scope === 'run' ? ON_ACTIONS[mode] : 'switch_on',
    before: { mode: was?.mode ?? 'off' },
    after: { mode },
  };
}

function entryOfOff(off: SwitchOff, { id, mode }: Switch): AuditEntry {
  return {
    ...entryOf(off),
    key: `switch/${id}/off`,
    action: off.scope === 'run' ? 'run_resumed' : 'switch_off',
    before: { mode },
    after: { mode: 'off' },
  };
}

const entryOf = ({ scope, name, by, audit }: NewSwitch | SwitchOff) => ({
  actor: by,
  subject: { kind: scope, id: name },
  ...(scope === 'run' ? { run: name } : {}),
  ...audit,
});

/** What was set on one run alone is over with it. */
export async function endSwitchOf(tx: Transaction, key: string): Promise<void> {
  await tx
    .update(switches)
    .set({ offAt: sql`clock_timestamp()` })
    .where(onAt({ scope: 'run', name: key }));
}

const onAt = ({ scope, name }: SwitchPlace) =>
  and(eq(switches.scope, scope), eq(switches.name, name), isNull(switches.offAt));

/** Which runs use a model or tool shows only when they ask for it. */
function belongsTo({ scope, name }: SwitchPlace) {
  switch (scope) {
    case 'run':
      return eq(runs.runKey, name);
    case 'user':
      return eq(runs.userId, name);
    case 'team':
      return eq(runs.team, name);
    case 'installation':
    case 'model':
    case 'tool':
      return undefined;
  }
}

function toSwitch(row: SwitchRow): Switch {
  const { switchId, scope, name, mode, setBy, setAt, reason, offAt, offBy, offReason } = row;
  return {
    id: switchId,
    ...{ scope, name, mode, by: setBy, setAt },
    ...(reason === null ? {} : { reason }),
    ...(offAt === null
      ? {}
      : {
          off: {
            at: offAt,
            ...(offBy === null ? {} : { by: offBy }),
            ...(offReason === null ? {} : { reason: offReason }),
          },
        }),
  };
}
