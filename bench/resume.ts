/**
 * `npm run bench:resume`: how soon a run goes on after its worker was killed in the middle of a model
 * call, with the settings that ship: where another worker stands by, and where the same one is
 * started again at once. Exit code 1 where it takes longer than the target.
 */
import { availableParallelism, loadavg } from 'node:os';
import { z } from 'zod';
import { PHASE_LIMITS } from '../contracts/limits';
import { definePhase, defineTeam } from '../contracts/team/define';
import { type MeasuredServers, startMeasuredServers } from './support/measured-servers';
import type { WorkerProcess } from './support/worker-process';

const TIMES = 5;
const HEARTBEAT_MS = PHASE_LIMITS.heartbeatMs.default;
const RESUMED_MS_MAX = HEARTBEAT_MS + 2_000;

const team = defineTeam({
  name: 'resume',
  version: '1.0.0',
  documents: 'none',
  phases: [
    definePhase({
      name: 'only',
      role: 'You are a clerk.',
      instructions: 'Write one note.',
      model: { name: 'claude-haiku-5-5' },
      produces: z.object({ note: z.string().min(1) }),
    }),
  ],
});

/** Resolves when a call of the run is at the simulator. */
const nextCall = ({ simulator }: MeasuredServers, key: string): Promise<void> =>
  new Promise((resolve) => {
    const stop = simulator.onRequest(({ headers }) => {
      if (!headers['idempotency-key']?.includes(`/${key}/`)) return;
      stop();
      resolve();
    });
  });

/** @returns ms from the kill to the same call by the next worker, and that worker */
async function resumeOnce(
  servers: MeasuredServers,
  key: string,
  worker: WorkerProcess,
  standsBy: boolean,
): Promise<{ resumedMs: number; successor: WorkerProcess }> {
  const { simulator, tuesday } = servers;
  simulator.clearFaults();
  simulator.addFault({ kind: 'hold', where: 'before_headers', until: 'release', times: 1 });
  const held = nextCall(servers, key);
  const run = await tuesday.startRun(team, { question: 'What is worth a note?', key });
  await held;
  // Started only now: the one that is to be killed has the run.
  const standby = standsBy ? servers.startWorker() : undefined;
  await standby?.ready;
  const again = nextCall(servers, key);
  const killedAt = performance.now();
  await worker.kill();
  const successor = standby ?? servers.startWorker();
  await again;
  const resumedMs = performance.now() - killedAt;
  await tuesday.result(run);
  await successor.ready;
  return { resumedMs, successor };
}

async function measure(servers: MeasuredServers, standsBy: boolean): Promise<number[]> {
  const times: number[] = [];
  let worker = servers.startWorker();
  await worker.ready;
  for (let time = 1; time <= TIMES; time++) {
    const key = `${standsBy ? 'standby' : 'restart'}-${time}`;
    const resumed = await resumeOnce(servers, key, worker, standsBy);
    times.push(resumed.resumedMs);
    worker = resumed.successor;
  }
  await worker.kill();
  return times;
}

function report(what: string, resumedMs: number[]): boolean {
  const worst = Math.max(...resumedMs);
  const holds = worst <= RESUMED_MS_MAX;
  process.stdout.write(
    `${holds ? '  ' : '! '}${what.padEnd(34)}${resumedMs.map((ms) => ms.toFixed(0)).join(', ')} ms; at worst ${(worst / HEARTBEAT_MS).toFixed(2)} heartbeat time-outs\n`,
  );
  return holds;
}

async function main(): Promise<void> {
  const servers = await startMeasuredServers({});
  try {
    process.stdout.write(
      `heartbeat time-out ${HEARTBEAT_MS} ms, target ${RESUMED_MS_MAX} ms; load average ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores\n`,
    );
    const holds = [
      report('the worker is started again', await measure(servers, false)),
      report('another worker stands by', await measure(servers, true)),
    ];
    if (holds.includes(false)) process.exitCode = 1;
  } finally {
    await servers.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
