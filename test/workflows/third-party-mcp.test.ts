/** MCP servers of others, from npm and from PyPI, unmodified, as tools of runs. */
import pino from 'pino';
import { createMcpServers, type McpServers } from '../../activities/tools/mcp/mcp-servers';
import { getText } from '../../contracts/content';
import type { TeamInput } from '../../contracts/team/schema';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import {
  everythingOverStdio,
  startEverythingOverHttp,
  timeOverStdio,
} from '../support/third-party-servers';

/** The first start of all installs the one from PyPI. */
const INSTALL_MS_MAX = 900_000;

const ask = { question: 'What is there to be told?', user: 'tester' };

let http: Awaited<ReturnType<typeof startEverythingOverHttp>>;
beforeAll(async () => {
  http = await startEverythingOverHttp();
});
afterAll(() => http.stop());

describe('runs with MCP servers of others', () => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({
      sources: { everything: everythingOverStdio(), web: http.source, time: await timeOverStdio() },
    });
  }, INSTALL_MS_MAX);
  afterAll(() => test.stop());

  /** What the agent is told of a call that it makes in its first turn. */
  async function called(
    source: string,
    tool: string,
    input: Record<string, string | number>,
  ): Promise<unknown> {
    const sources: TeamInput['sources'] = { [source]: { tools: { [tool]: { effect: 'none' } } } };
    const name = `${source}__${tool}`;
    const calls = [{ name, input }];
    test.simulator.clearFaults();
    test.simulator.addFault({ kind: 'tool_calls', calls, turn: 1, anyTurn: true });
    const { id } = await test.tuesday.startRun(
      team([phase('only', { tools: [name] })], { sources }),
      ask,
    );
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed', limitations: [] });
    const [step] = (await test.tuesday.trace(id)).filter(({ kind }) => kind === 'tool');
    const outcome = await getText(test.tuesday.content, step?.outcomeSha256 ?? '');
    return JSON.parse((JSON.parse(outcome) as { content: string }).content);
  }

  it.each(['everything', 'web'])('use the reference server from npm (%s)', async (source) => {
    expect(await called(source, 'get-sum', { a: 2, b: 40 })).toEqual({
      text: 'The sum of 2 and 40 is 42.',
    });
    expect(await called(source, 'get-structured-content', { location: 'Chicago' })).toEqual({
      data: {
        temperature: expect.any(Number),
        conditions: expect.any(String),
        humidity: expect.any(Number),
      },
    });
    expect(await called(source, 'get-tiny-image', {})).toMatchObject({
      attachments: [{ type: 'image', mimeType: 'image/png', bytes: expect.any(Number) }],
    });
  });

  it('use a server from PyPI', async () => {
    const input = { source_timezone: 'Asia/Tokyo', time: '09:00', target_timezone: 'Etc/UTC' };
    expect(await called('time', 'convert_time', input)).toMatchObject({
      data: { target: { datetime: expect.stringMatching(/T00:00:00/) }, time_difference: '-9.0h' },
    });
    expect(await called('time', 'get_current_time', { timezone: 'Mars/Base' })).toMatchObject({
      error: { kind: 'rejected', message: expect.stringMatching(/Mars\/Base/) },
    });
  });
});

describe('the client of a server that others wrote', () => {
  let opened: McpServers;
  beforeAll(() => {
    const stdio = everythingOverStdio({ GIVEN: 'by the source' });
    opened = createMcpServers({ stdio, http: http.source }, pino({ level: 'silent' }));
  });
  afterAll(() => opened.close());
  const call = (source: string, tool: string, input: Record<string, unknown>, ms = 20_000) =>
    opened.servers[source]?.call({ tool, input, stepKey: 'key' }, false, AbortSignal.timeout(ms));

  it('gives its process no variable but what the source declares', async () => {
    process.env.TUESDAY_TEST_SECRET = 'of the worker';
    const { text = '{}' } = (await call('stdio', 'get-env', {})) ?? {};
    delete process.env.TUESDAY_TEST_SECRET;
    expect(JSON.parse(text)).toMatchObject({ GIVEN: 'by the source' });
    expect(text).not.toContain('of the worker');
  });

  it.each(['stdio', 'http'])(
    'ends a call that takes too long over %s, and goes on',
    async (way) => {
      const long = call(way, 'trigger-long-running-operation', { duration: 30, steps: 30 }, 500);
      await expect(long).rejects.toMatchObject({ kind: 'timeout' });
      expect(await call(way, 'echo', { message: 'still there' })).toEqual({
        text: 'Echo: still there',
      });
    },
  );

  it('offers no tool that must be called in a way of its own', async () => {
    const refused = opened.servers.stdio?.describe('simulate-research-query');
    await expect(refused).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/as a task/),
    });
  });
});
