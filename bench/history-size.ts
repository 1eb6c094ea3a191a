/**
 * `npm run bench:history`: what the report run weighs in Temporal's history, on 200 files or on
 * yours (`-- --docs FOLDER`). Exit code 1 where it is over its limits.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { createTuesday } from '../client/tuesday';
import { report } from '../teams';
import { startInstallation } from '../worker/installation';
import { eventsMax, HISTORY_LIMITS, type HistoryReport, reportHistory } from './history-report';
import { writeNotes } from './notes';

const LARGEST_COUNT = 10;

function print(found: HistoryReport): void {
  const lines = [
    `events      ${found.events} (at most ${eventsMax(found.activities)}: ${HISTORY_LIMITS.eventsMax} + ${HISTORY_LIMITS.eventsPerActivityMax} for each activity)`,
    `activities  ${found.activities}`,
    `bytes       ${found.bytes} (at most ${HISTORY_LIMITS.bytesMax})`,
    '',
    'events by type, with their bytes as JSON',
    ...found.eventTypes.map(
      ({ type, count, jsonBytes }) =>
        `${String(jsonBytes).padStart(8)}  ${String(count).padStart(4)}  ${type}`,
    ),
    '',
    'largest payloads, in bytes',
    ...found.payloads
      .slice(0, LARGEST_COUNT)
      .map(({ event, at, bytes }) => `${String(bytes).padStart(8)}  event ${event}  ${at}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { docs: { type: 'string' } } });
  const folder = await mkdtemp(join(tmpdir(), 'tuesday-bench-'));
  // PostgreSQL runs as an unprivileged user where root runs this, and must get in.
  await chmod(folder, 0o755);
  try {
    const documents = values.docs ? resolve(values.docs) : await writeNotes(join(folder, 'notes'));
    const installation = await startInstallation({
      dataDir: join(folder, 'data'),
      env: process.env,
      apiPort: 0,
      uiPort: false,
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    const { address, namespace } = installation.view.temporal;
    const connection = await Connection.connect({ address });
    const tuesday = createTuesday({ apiUrl: installation.apiUrl });
    try {
      const run = await tuesday.startRun(report, {
        question: 'Which stations had the most rain, and which the most frost?',
        documents,
      });
      const client = new Client({ connection, namespace });
      await client.workflow.getHandle(run.id).result();
      const found = await reportHistory(client, run.id);
      print(found);
      if (found.events > eventsMax(found.activities) || found.bytes > HISTORY_LIMITS.bytesMax)
        process.exitCode = 1;
    } finally {
      await tuesday.close();
      await connection.close();
      await installation.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
