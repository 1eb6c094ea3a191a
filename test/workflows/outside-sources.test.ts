/** Runs whose agents read sources of the installation. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkTeam } from '../../contracts/team/check';
import { installedTools } from '../../contracts/tools';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { startWebServer, type WebServer } from '../support/web-server';

let test: TestTuesday;
let server: WebServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
  await writeFile(join(folder, 'companies.csv'), 'id,name\n1,Acme\n');
  server = await startWebServer();
  server.pages['/companies/1'] = (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status": "active"}');
  test = await startTestTuesday({
    sources: {
      filings: { kind: 'data_folder', folder, categories: ['financial'] },
      registry: { kind: 'http', origin: server.origin, categories: [] },
    },
  });
});
afterAll(async () => {
  await test.stop();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('an agent', () => {
  it('asks data by SQL and fetches from a source, and learns what it may not', async () => {
    const url = `${server.origin}/companies/1`;
    const calls = [
      { name: 'query_data', input: { source: 'filings', sql: 'SELECT name FROM companies' } },
      { name: 'query_data', input: { source: 'filings', sql: "FROM read_text('/etc/passwd')" } },
      { name: 'query_data', input: { source: 'others', sql: 'SELECT 1' } },
      { name: 'fetch_url', input: { url } },
      { name: 'fetch_url', input: { url: 'http://169.254.169.254/latest/meta-data/' } },
    ];
    test.simulator.addFault({ kind: 'tool_calls', calls, times: 1 });
    const definition = team([phase('only', { tools: ['query_data', 'fetch_url'] })]);
    const run = await test.tuesday.startRun(definition, { question: 'What is Acme?' });
    expect((await test.until(run.id, ({ endedAt }) => endedAt !== undefined)).status).toBe(
      'completed',
    );
    // Calls of one turn begin in no order of their own; their keys count them.
    const steps = (await test.tuesday.trace(run.id))
      .filter(({ kind }) => kind === 'tool')
      .sort((one, other) => (one.stepKey < other.stepKey ? -1 : 1));
    const told = await Promise.all(
      steps.slice(0, calls.length).map(async ({ outcomeSha256 = '' }) => {
        const { bytes } = await test.tuesday.content.get(outcomeSha256);
        return JSON.parse(JSON.parse(bytes.toString()).content);
      }),
    );
    expect(told).toEqual([
      { source: 'filings', columns: [{ name: 'name', type: 'VARCHAR' }], rows: [['Acme']] },
      { error: expect.objectContaining({ kind: 'rejected', retryable: false }) },
      { error: expect.objectContaining({ kind: 'invalid_input', retryable: false }) },
      {
        ...{ source: 'registry', url, mediaType: 'application/json' },
        text: '{"status": "active"}',
      },
      { error: expect.objectContaining({ kind: 'rejected', retryable: false }) },
    ]);
    expect(server.asked).toEqual(['/companies/1']);
  });

  it('has no query_data where there is no data', () => {
    const { definition } = team([phase('only', { tools: ['query_data'] })]);
    const [problem] = checkTeam(definition, installedTools()).problems;
    expect(problem).toEqual({
      path: 'phases/0/tools/0',
      message: expect.stringContaining('TUESDAY_SOURCES'),
    });
  });
});
