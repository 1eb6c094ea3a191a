/** Workers killed while an MCP server carries out an effect. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredEffect } from '../../contracts/team/source-tools';
import { eventually } from '../support/eventually';
import { createTestMcpServer, type TestMcpServer } from '../support/mcp-server';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses } from '../support/worker-process';

// Each test starts several processes and waits for a heartbeat that does not come.
jest.setTimeout(120_000);

const ask = { question: 'What is worth a note?', user: 'tester' };

describe('an effect of an MCP server whose worker is killed before it knows how it ended', () => {
  const workers = useWorkerProcesses();
  let mcp: TestMcpServer;
  let test: TestTuesday;
  let sourcesFile: string;
  beforeEach(async () => {
    mcp = createTestMcpServer();
    test = await startTestTuesday({ hasWorker: false, sources: { news: mcp.stdio } });
    sourcesFile = join(test.dataDir, 'sources.json');
    const { kind, command, env } = mcp.stdio;
    writeFileSync(sourcesFile, JSON.stringify({ news: { kind, command, env } }));
  });
  afterEach(async () => {
    await test.stop();
    await mcp.close();
  });

  /** Kills the worker once the server has carried the effect out, and starts another. */
  async function lost(effect: DeclaredEffect): Promise<string> {
    mcp.behave({ call: { do: 'hang' } });
    const worker = await workers.start(test, { sourcesFile });
    const effects = [{ tool: 'news__post', input: { message: '{{output.note}}' } }];
    const sources = { news: { tools: { post: { effect } } } };
    const { id } = await test.tuesday.startRun(
      team([phase('only', { effects })], { sources }),
      ask,
    );
    await eventually(async () => expect(mcp.calls()).toHaveLength(1), 60_000);
    await worker.kill();
    mcp.behave({});
    await workers.start(test, { sourcesFile });
    return id;
  }

  it('is carried out once, and a person is asked', async () => {
    const id = await lost('once');
    const { reviews } = await test.until(id, ({ status }) => status === 'waiting_for_review');
    expect(reviews).toMatchObject([{ reason: 'effect_unknown' }]);
    await test.tuesday.decide(id, { decision: 'approve' });
    expect((await test.tuesday.result(id)).status).toBe('completed');
    expect(mcp.calls()).toHaveLength(1);
  });

  it('is carried out again under the same key where the server recognises it', async () => {
    const id = await lost('idempotent');
    expect((await test.tuesday.result(id)).status).toBe('completed');
    const keys = mcp.calls().map(({ key }) => key);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });
});
