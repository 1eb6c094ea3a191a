import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client as Database } from 'pg';
import type { RunFailureKind } from '../../../../contracts/failures';
import { eventually } from '../../../support/eventually';
import { loadLimits } from '../../../support/load-limits';
import { phase, team } from '../../../support/teams';
import { type Chaos, type ChaosCase, QUICK } from '../chaos-case';
import { startWorkerToKill } from '../worker-to-kill';

/** Room for a turn and the hand-back turn, and not for another turn between them. */
const TIGHT_MICRO_USD = 8_000;

const HOLD = { kind: 'hold', where: 'before_headers', until: 'release' } as const;

async function inDatabase(chaos: Chaos, sql: string): Promise<number | null> {
  const database = new Database({ connectionString: chaos.test.databaseUrl });
  await database.connect();
  try {
    return (await database.query(sql)).rowCount;
  } finally {
    await database.end();
  }
}

/** Resolves when the simulator holds a call of the run. */
const held = (chaos: Chaos): Promise<void> =>
  new Promise((resolve) => {
    const stop = chaos.test.simulator.onRequest(({ fault }) => {
      if (fault !== 'hold') return;
      stop();
      setImmediate(resolve);
    });
  });

const letGo = ({ test }: Chaos): void => {
  test.simulator.clearFaults();
  test.simulator.release();
};

/** An installation that does one run at a time, and does one: its call is held. */
async function busy(chaos: Chaos, queued: number): Promise<string> {
  await chaos.install({
    limits: loadLimits({ runsAtWork: { installation: 1 }, runsQueued: { installation: queued } }),
  });
  const before = `${chaos.key}-before`;
  chaos.fault({ ...HOLD, run: before });
  const working = held(chaos);
  await chaos.test.tuesday.startRun(team([phase('only')]), { question: 'Which?', key: before });
  await working;
  return before;
}

export const RUN_CASES: Record<RunFailureKind, ChaosCase> = {
  phase_timed_out: {
    shows: 'an optional phase that does not end in its time: the run goes on without it',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ ...HOLD, phase: 'extra' });
      await chaos.start([
        phase('extra', {
          required: false,
          limits: { ...QUICK, startToCloseMs: 2_500, scheduleToCloseMs: 2_500, heartbeatMs: 2_400 },
        }),
        phase('main', { needs: ['extra'] }),
      ]);
      const { limitations, completedPhases } = await chaos.ends('completed_with_limitations');
      expect(limitations).toMatchObject([{ kind: 'incomplete_extra', phase: 'extra' }]);
      expect(completedPhases).toEqual(['main']);
      expect(chaos.billedSteps()).toEqual(['extra/1/1', 'main/1/1']);
    },
  },
  internal_error: {
    shows: 'a defect of ours: an operator is asked, and on resume nothing is bought twice',
    async run(chaos) {
      await chaos.install();
      await inDatabase(
        chaos,
        `CREATE FUNCTION break_step() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'a defect'; END $$;
         CREATE TRIGGER break_step BEFORE INSERT ON steps FOR EACH ROW
           WHEN (NEW.turn = 2) EXECUTE FUNCTION break_step()`,
      );
      chaos.fault({ kind: 'malformed_json', turn: 1 });
      await chaos.startOnly();
      await chaos.parked();
      await inDatabase(chaos, 'DROP TRIGGER break_step ON steps');
      await chaos.decide('resume');
      await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/1/2']);
    },
  },
  no_documents: {
    shows: 'no document can be read: the run ends, saying so, before anything is bought',
    async run(chaos) {
      const { dataDir } = await chaos.install();
      await writeFile(join(dataDir, 'empty.pdf'), '%PDF-1.4\nno pages');
      await chaos.start([phase('only')], { documents: 'required' }, { documents: dataDir });
      const { limitations, explanation } = await chaos.ends('failed');
      expect(explanation).toContain('no document');
      expect(limitations).toContainEqual(expect.objectContaining({ kind: 'source_unavailable' }));
      expect(chaos.bill()).toEqual([]);
    },
  },
  budget_exhausted: {
    shows: 'no room for the next call: a last turn without tools gives what there is',
    async run(chaos) {
      const { dataDir } = await chaos.install();
      await writeFile(join(dataDir, 'notes.md'), 'The harbour was rebuilt in 1931.\n');
      for (const turn of [1, 2, 3, 4])
        chaos.fault({
          kind: 'tool_calls',
          turn,
          calls: [{ name: 'search_documents', input: { query: `harbour ${turn}` } }],
        });
      await chaos.start(
        [phase('only', { tools: ['search_documents'] })],
        { documents: 'required' },
        { documents: dataDir, budgetMicroUsd: TIGHT_MICRO_USD },
      );
      const { limitations, outputs, costs } = await chaos.ends('completed_with_limitations');
      expect(limitations).toMatchObject([{ kind: 'incomplete_only', failure: 'budget_exhausted' }]);
      expect(Object.keys(outputs)).toEqual(['only']);
      expect(chaos.bill().length).toBeLessThan(5);
      expect(costs.settledMicroUsd).toBeLessThanOrEqual(TIGHT_MICRO_USD);
    },
  },
  worker_lost: {
    shows:
      'a worker killed in the middle of a call: another goes on, and reads back what is recorded',
    async run(chaos) {
      await chaos.install({ hasWorker: false });
      const worker = await startWorkerToKill(chaos);
      chaos.fault({ kind: 'malformed_json', turn: 1 }, { ...HOLD, turn: 2, times: 1 });
      const second = held(chaos);
      await chaos.startOnly({ limits: { heartbeatMs: 500 } });
      await second;
      await worker.kill();
      await chaos.test.startWorker();
      const { costs } = await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/1/2', 'only/1/2']);
      expect(costs.unsettledMicroUsd).toBeGreaterThan(0);
    },
  },
  crash_loop: {
    shows:
      'workers lost again and again in one step: the step counts as failed, and an operator is asked',
    async run(chaos) {
      await chaos.install();
      chaos.fault(HOLD);
      const call = held(chaos);
      await chaos.startOnly();
      await call;
      // As ten workers leave it behind that died in this step; the eleventh takes over.
      expect(await inDatabase(chaos, 'UPDATE rounds SET crashes = 10')).toBe(1);
      await chaos.test.stopWorker();
      await chaos.test.startWorker();
      await chaos.parked();
      letGo(chaos);
      await chaos.decide('resume');
      await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/2/1']);
    },
  },
  request_changed: {
    shows:
      'a deployment asks a recorded step otherwise: the round starts over under keys of its own',
    async run(chaos) {
      await chaos.install();
      chaos.fault(
        { kind: 'malformed_json', turn: 1, round: 1 },
        { kind: 'http_error', status: 401, turn: 2 },
      );
      await chaos.startOnly();
      await chaos.parked();
      chaos.test.simulator.clearFaults();
      expect(
        await inDatabase(chaos, `UPDATE steps SET request_digest = repeat('0', 64) WHERE turn = 1`),
      ).toBe(1);
      await chaos.decide('resume');
      await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/2/1']);
    },
  },
  overload: {
    shows: 'more runs than may go on at once: the next waits, says why, and completes in its turn',
    async run(chaos) {
      const before = await busy(chaos, 1);
      await chaos.startOnly();
      const waiting = await chaos.test.until(chaos.key, ({ queue }) => queue !== undefined);
      expect(waiting).toMatchObject({ status: 'queued', queue: { place: 1 } });
      letGo(chaos);
      await chaos.ends('completed');
      expect(await chaos.test.tuesday.result(before)).toMatchObject({ status: 'completed' });
      expect(chaos.bill()).toHaveLength(2);
    },
  },
  queue_full: {
    shows: 'more runs wait than may: the next is refused with the reason, and nothing is bought',
    async run(chaos) {
      const before = await busy(chaos, 1);
      const next = `${chaos.key}-next`;
      await chaos.test.tuesday.startRun(team([phase('only')]), { question: 'Which?', key: next });
      await chaos.test.until(next, ({ queue }) => queue !== undefined);
      await chaos.startOnly();
      await expect(chaos.test.tuesday.result(chaos.key)).rejects.toThrow(
        /There is no room for the run/,
      );
      letGo(chaos);
      for (const other of [before, next])
        expect(await chaos.test.tuesday.result(other)).toMatchObject({ status: 'completed' });
      expect(chaos.bill()).toHaveLength(2);
    },
  },
  ended_outside: {
    shows: 'terminated in Temporal from outside: the run is closed with its partial result',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ ...HOLD, phase: 'second' });
      const second = held(chaos);
      await chaos.start([phase('first'), phase('second', { needs: ['first'] })]);
      await second;
      const handle = chaos.test.temporal.workflow.getHandle(chaos.key);
      await handle.terminate('by a test');
      expect(
        await inDatabase(chaos, `UPDATE runs SET changed_at = now() - interval '1 hour'`),
      ).toBe(1);
      await chaos.test.temporal.workflow.execute('reconcileRuns', {
        workflowId: `reconcile-${chaos.key}`,
        taskQueue: chaos.test.taskQueue,
      });
      await eventually(async () => {
        const { status } = await chaos.test.tuesday.getRun(chaos.key);
        expect(status).toBe('stopped');
      });
      const { completedPhases, costs } = await chaos.ends('stopped');
      expect(completedPhases).toEqual(['first']);
      expect(costs.unsettledMicroUsd).toBeGreaterThan(0);
    },
  },
};
