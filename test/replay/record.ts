/**
 * `npm run record-histories [-- SCENARIO …]`: runs the scenarios on real servers and writes their
 * histories for this version. Deliberate, never a part of the tests: a history of a version that was
 * released stays as it is, and what no longer replays it is not compatible.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { WORKFLOW_TYPE } from '../../contracts/messages';
import { VERSION } from '../../contracts/package-root';
import { startTestServers, stopTestServers } from '../support/test-servers';
import { startTestTuesday } from '../support/test-tuesday';
import { fileName, HISTORIES, HISTORY_BYTES_MAX } from './history-files';
import { FIRST_RUN_KEPT, SCENARIOS, SETTINGS } from './scenarios';

async function record(scenario: string, run: (typeof SCENARIOS)[string]): Promise<void> {
  const test = await startTestTuesday(SETTINGS[scenario]);
  const folder = await mkdtemp(join(tmpdir(), 'tuesday-scenario-'));
  const key = `golden-${scenario.replaceAll('_', '-')}`;
  try {
    await run({ test, key, folder });
    const { runId, raw } = await test.temporal.workflow.getHandle(key).describe();
    const kept = FIRST_RUN_KEPT.has(scenario) ? raw.workflowExecutionInfo?.firstRunId : runId;
    const history = await test.temporal.workflow.getHandle(key, kept ?? runId).fetchHistory();
    const text = impersonal(JSON.stringify(JSON.parse(historyToJSON(history))), test.taskQueue);
    if (text.length > HISTORY_BYTES_MAX)
      throw new Error(`the history of ${scenario} has ${text.length} bytes`);
    await writeFile(join(HISTORIES, fileName(WORKFLOW_TYPE, scenario, VERSION)), text);
    process.stdout.write(`${scenario}: ${history.events?.length} events, ${text.length} bytes\n`);
  } finally {
    test.simulator.release();
    await test.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Without the names of this machine and its queues, which replay does not look at. */
function impersonal(text: string, taskQueue: string): string {
  return text
    .replaceAll(`${process.pid}@${hostname()}`, 'process@host')
    .replaceAll(taskQueue, 'tuesday');
}

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0)
    throw new Error(`no scenario ${unknown.join(', ')}: ${Object.keys(SCENARIOS).join(', ')}`);
  await startTestServers();
  try {
    for (const [scenario, run] of Object.entries(SCENARIOS))
      if (chosen.length === 0 || chosen.includes(scenario)) await record(scenario, run);
  } finally {
    await stopTestServers();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
