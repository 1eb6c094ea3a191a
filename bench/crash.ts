/**
 * `npm run bench:crash`: what killed workers cost. Twenty runs at once, each of five phases with
 * three model calls and a tool call, and one publish; the only worker is killed three times and
 * started again at once. Exit code 1 where something was lost, done twice, or took too long.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client as DatabaseClient } from 'pg';
import { z } from 'zod';
import { definePhase, defineTeam } from '../contracts/team/define';
import { MEASURE_TOOL, TOOL_CALLS_FILE, TOOL_MS } from './support/crash-worker';
import { type MeasuredServers, startMeasuredServers } from './support/measured-servers';

const RUNS_COUNT = 20;
const PHASES = ['first', 'second', 'third', 'fourth', 'fifth'] as const;
const MODEL_CALLS_PER_PHASE = 3;
/** Before the first byte of each answer. */
const MODEL_MS = 100;
const KILLS_AT_MS = [1_000, 2_500, 4_000];
const WALL_MS_MAX = 8_000;
const WORKER = 'bench/support/crash-worker.js';

/** A phase asks its tool, answers in a way that breaks its contract, and answers again. */
const phases = PHASES.map((name, index) =>
  definePhase({
    name,
    role: `You are the ${name} of five surveyors.`,
    instructions: 'Measure one gauge, then write a note about it.',
    model: { name: 'claude-haiku-5-5' },
    tools: [MEASURE_TOOL],
    needs: PHASES.slice(0, index).slice(-1),
    produces: z.object({ note: z.string().min(1) }),
    effects:
      index < PHASES.length - 1
        ? []
        : [{ tool: 'publish_file', input: { path: 'note.md', content: '{{output.note}}\n' } }],
  }),
);
const team = defineTeam({ name: 'crash', version: '1.0.0', documents: 'none', phases });
/** Each phase's second answer lacks a field: the third mends it. */
const BROKEN_SECOND_ANSWER = {
  kind: 'schema_violation',
  idempotencyKeyContains: '/1/2.model',
} as const;

interface Figures {
  wallMs: number;
  readyMs: number[];
  ends: string[];
  modelCalls: number;
  /** Calls whose worker was lost before their answer was on record. */
  modelCallsLost: number;
  toolCalls: number;
  toolCallsLost: number;
  published: number;
}

async function measure(servers: MeasuredServers, killsAtMs: number[]): Promise<Figures> {
  let worker = servers.startWorker({ script: WORKER });
  await worker.ready;
  const began = performance.now();
  const readyMs: number[] = [];
  const kills = (async () => {
    for (const atMs of killsAtMs) {
      await delay(began + atMs - performance.now());
      await worker.kill();
      const killed = performance.now();
      worker = servers.startWorker({ script: WORKER });
      worker.ready.then(
        () => readyMs.push(performance.now() - killed),
        () => undefined,
      );
    }
  })();
  const runs = await Promise.all(
    Array.from({ length: RUNS_COUNT }, (_, index) =>
      servers.tuesday.startRun(team, { question: 'How high is the water?', key: `run-${index}` }),
    ),
  );
  const results = await Promise.all(runs.map((run) => servers.tuesday.result(run)));
  const wallMs = performance.now() - began;
  await kills;
  const lost = await lostCalls(servers);
  return {
    wallMs,
    readyMs,
    ends: results.map(({ status }) => status),
    modelCalls: servers.simulator.bill().length,
    modelCallsLost: lost.model ?? 0,
    toolCalls: (await readFile(join(servers.dataDir, TOOL_CALLS_FILE), 'utf8')).trim().split('\n')
      .length,
    toolCallsLost: lost.tool ?? 0,
    published: (await readdir(servers.publishDir, { recursive: true })).filter((file) =>
      file.endsWith('note.md'),
    ).length,
  };
}

async function lostCalls({ databaseUrl }: MeasuredServers): Promise<Record<string, number>> {
  const database = new DatabaseClient({ connectionString: databaseUrl });
  await database.connect();
  try {
    const { rows } = await database.query<{ kind: string; count: number }>(
      `SELECT kind, count(*)::int AS count FROM calls JOIN steps USING (step_key)
       WHERE calls.status <> 'settled' GROUP BY kind`,
    );
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
  } finally {
    await database.end();
  }
}

function report(figures: Figures, killsAtMs: number[]): boolean {
  const modelCallsMin = RUNS_COUNT * PHASES.length * MODEL_CALLS_PER_PHASE;
  const toolCallsMin = RUNS_COUNT * PHASES.length;
  const lost = RUNS_COUNT - figures.ends.filter((status) => status === 'completed').length;
  const lines: [name: string, value: string, holds: boolean][] = [
    [
      'model calls',
      `${figures.modelCalls} (at most ${modelCallsMin} + ${figures.modelCallsLost} in flight at the kills)`,
      figures.modelCalls <= modelCallsMin + figures.modelCallsLost,
    ],
    [
      'tool calls',
      `${figures.toolCalls} (at most ${toolCallsMin} + ${figures.toolCallsLost} in flight at the kills)`,
      figures.toolCalls <= toolCallsMin + figures.toolCallsLost,
    ],
    ['publishes', `${figures.published} of ${RUNS_COUNT}`, figures.published === RUNS_COUNT],
    ['lost', String(lost), lost === 0],
    [
      'all ended after',
      `${(figures.wallMs / 1_000).toFixed(2)} s (target ${WALL_MS_MAX / 1_000} s)`,
      figures.wallMs <= WALL_MS_MAX,
    ],
    ['worker ready after', figures.readyMs.map((ms) => `${ms.toFixed(0)} ms`).join(', '), true],
  ];
  process.stdout.write(
    `${RUNS_COUNT} runs at once; a model answers after ${MODEL_MS} ms, the tool after ${TOOL_MS} ms; worker killed at ${killsAtMs.join(', ') || 'no'} ms\n`,
  );
  for (const [name, value, holds] of lines)
    process.stdout.write(`${holds ? '  ' : '! '}${name.padEnd(20)}${value}\n`);
  return lines.every(([, , holds]) => holds);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'no-kills': { type: 'boolean', default: false } } });
  const killsAtMs = values['no-kills'] ? [] : KILLS_AT_MS;
  const servers = await startMeasuredServers(
    { latency: { firstTokenMs: MODEL_MS }, faults: [BROKEN_SECOND_ANSWER] },
    { tools: [MEASURE_TOOL] },
  );
  try {
    if (!report(await measure(servers, killsAtMs), killsAtMs)) process.exitCode = 1;
  } finally {
    await servers.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
