/** Runs whose agents use tools of MCP servers, on the real worker. */
import { getText } from '../../contracts/content';
import type { TeamInput } from '../../contracts/team/schema';
import { eventually } from '../support/eventually';
import { createTestMcpServer, type TestMcpServer } from '../support/mcp-server';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What do the news say of chips?', user: 'tester' };

const SOURCES: TeamInput['sources'] = {
  news: {
    tools: {
      search: { effect: 'none' },
      weather: { effect: 'none' },
      post: { effect: 'once' },
    },
  },
};

describe('a run with tools of an MCP server', () => {
  let mcp: TestMcpServer;
  let test: TestTuesday;
  beforeEach(async () => {
    mcp = createTestMcpServer();
    const wires = await mcp.startHttp();
    test = await startTestTuesday({
      sources: {
        news: mcp.stdio,
        wires: { kind: 'mcp', categories: [], url: wires.url, headers: {} },
      },
    });
  });
  afterEach(async () => {
    await test.stop();
    await mcp.close();
  });

  const news = (changes: Parameters<typeof phase>[1], sources = SOURCES) =>
    team([phase('only', changes)], { sources });
  const searching = () => news({ tools: ['news__search'] });
  const run = async (definition: ReturnType<typeof news>) => {
    const { id } = await test.tuesday.startRun(definition, ask);
    return { id, result: await test.tuesday.result(id) };
  };
  const agentCalls = (...calls: { name: string; input: object }[]) =>
    test.simulator.addFault({ kind: 'tool_calls', calls: calls as never, turn: 1, anyTurn: true });
  const toolSteps = async (id: string) =>
    (await test.tuesday.trace(id)).filter(({ kind }) => kind === 'tool');
  const told = async (id: string) =>
    Promise.all(
      (await toolSteps(id)).map(async ({ outcomeSha256 }) => {
        const text = await getText(test.tuesday.content, outcomeSha256 ?? '');
        return JSON.parse(JSON.parse(text).content) as Record<string, Record<string, unknown>>;
      }),
    );
  const offered = () =>
    test.simulator
      .requests()
      .map(({ body }) => (body as { tools?: { name: string }[] }).tools ?? [])
      .map((tools) => tools.map(({ name }) => name));

  it('hands what a tool gives to the agent, each call made once under the key of its step', async () => {
    const { id, result } = await run(searching());
    expect(result.status).toBe('completed');
    const steps = await toolSteps(id);
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.map(({ ending }) => ending)).toEqual(steps.map(() => 'ok'));
    const keys = mcp.calls().map(({ key }) => key);
    expect(keys.sort()).toEqual(steps.map(({ stepKey }) => stepKey).sort());
    expect(JSON.stringify(result.outputs)).toMatch(/revenue rose by 12 percent/);
  });

  it('works the same over HTTP', async () => {
    const sources: TeamInput['sources'] = { wires: { tools: { search: { effect: 'none' } } } };
    const { result } = await run(news({ tools: ['wires__search'] }, sources));
    expect(result.status).toBe('completed');
    expect(mcp.calls().length).toBeGreaterThan(0);
  });

  it('never carries out what the agent makes up', async () => {
    agentCalls(
      { name: 'news__delete', input: { all: true } },
      { name: 'search', input: { query: 'chips' } },
      { name: 'news__search', input: { query: 12 } },
      { name: 'news__search', input: {} },
    );
    test.simulator.addFault({
      kind: 'answer_text',
      text: '{"note": "nothing"}',
      turn: 2,
      anyTurn: true,
    });
    const { id, result } = await run(searching());
    expect(result.status).toBe('completed');
    expect(mcp.calls()).toEqual([]);
    expect((await told(id)).map(({ error }) => error?.kind).sort()).toEqual([
      'invalid_input',
      'invalid_input',
      'not_found',
      'not_found',
    ]);
  });

  it('goes on without a server that is down, and says what is missing to the agents and in the result', async () => {
    mcp.behave({ initialize: { do: 'crash' } });
    const { result } = await run(
      team(row(phase('first', { tools: ['news__search'] }), phase('second')), { sources: SOURCES }),
    );
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations).toEqual([
      {
        kind: 'source_unavailable',
        phase: 'first',
        source: 'news',
        detail: expect.stringMatching(
          /^The tool news__search of the source news was not available: .*cannot be reached/,
        ),
      },
    ]);
    expect(offered()).toEqual([[], []]);
    const [first] = test.simulator.requests();
    expect(JSON.stringify(first?.body)).toContain('the source news was not available');
  });

  it('leaves out tools that cannot be offered, and offers the others', async () => {
    const recursive = { type: 'object', properties: { a: { $ref: 'http://elsewhere/schema' } } };
    const tools = [
      {
        name: 'search',
        inputSchema: { type: 'object', properties: { query: { type: 'string' } } },
      },
      { name: 'weather', inputSchema: recursive },
    ];
    mcp.behave({ tools });
    const { result } = await run(news({ tools: ['news__search', 'news__weather'] }));
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations).toMatchObject([
      {
        kind: 'source_unavailable',
        detail: expect.stringMatching(/news__weather.*not valid JSON Schema/),
      },
    ]);
    expect(new Set(offered().map(String))).toEqual(new Set(['news__search,read_result']));
  });

  it('takes a call again after a crash of the server', async () => {
    mcp.behave({ call: { do: 'crash' } });
    const { id } = await test.tuesday.startRun(searching(), ask);
    await test.until(id, () => mcp.calls().length > 0);
    mcp.behave({});
    const { status } = await test.tuesday.result(id);
    expect(status).toBe('completed');
    expect((await toolSteps(id)).map(({ ending }) => ending)).toContain('ok');
  });

  it('tells the agent of a server that hangs, in time, and of one that answers nonsense', async () => {
    mcp.behave({ call: { do: 'hang' } });
    const limits = { toolMs: 300, toolTriesMax: 1 };
    agentCalls({ name: 'news__search', input: { query: 'chips' } });
    const hanging = await run(news({ tools: ['news__search'], limits }));
    expect((await told(hanging.id))[0]).toMatchObject({
      error: { kind: 'timeout', retryable: false },
    });
    mcp.behave({ call: { do: 'result', result: { content: 'nonsense' } } });
    const nonsense = await run(news({ tools: ['news__search'], limits: { toolTriesMax: 1 } }));
    expect((await told(nonsense.id))[0]).toMatchObject({ error: { kind: 'bad_output' } });
  });

  it('tells the agent of a tool that has gone in the middle of a round', async () => {
    test.simulator.addFault({ kind: 'hold', until: 'release', where: 'before_headers', turn: 1 });
    const { id } = await test.tuesday.startRun(searching(), ask);
    await eventually(async () => expect(test.simulator.requests()).toHaveLength(1), 20_000);
    mcp.behave({ tools: [] });
    test.simulator.release();
    const result = await test.tuesday.result(id);
    expect(result.status).toBe('completed');
    expect(mcp.calls()).toEqual([]);
    expect((await told(id))[0]).toMatchObject({
      error: { kind: 'not_found', message: 'the source news has no tool "search" (any more)' },
    });
  });

  it('carries a declared effect out once, under its key', async () => {
    const effects = [{ tool: 'news__post', input: { message: 'Of {{output.note}}' } }];
    const { id, result } = await run(news({ effects }));
    expect(result.status).toBe('completed');
    expect(mcp.calls()).toMatchObject([
      {
        tool: 'post',
        input: { message: expect.stringMatching(/^Of ./) },
        key: expect.stringContaining(`/${encodeURIComponent(id)}/`),
      },
    ]);
  });

  it('carries an effect out that the agent asks for, and tells it what the server said', async () => {
    agentCalls({ name: 'news__post', input: { message: 'hello' } });
    const { id, result } = await run(news({ tools: ['news__post'] }));
    expect(result.status).toBe('completed');
    expect(mcp.calls()).toHaveLength(1);
    expect(await told(id)).toEqual([{ text: 'posted: hello' }]);
  });

  it('asks a person about an effect that the server refuses', async () => {
    const refusal = { isError: true, content: [{ type: 'text', text: 'no room for it' }] };
    mcp.behave({ call: { do: 'result', result: refusal } });
    const effects = [{ tool: 'news__post', input: { message: 'hello' } }];
    const { id } = await test.tuesday.startRun(news({ effects }), ask);
    const { reviews } = await test.until(id, ({ status }) => status === 'waiting_for_review');
    expect(reviews).toMatchObject([{ reason: 'effect_failed' }]);
    expect(await getText(test.tuesday.content, reviews[0]?.reportSha256 ?? '')).toBe(
      'no room for it',
    );
    mcp.behave({});
    await test.tuesday.decide(id, { decision: 'resume' });
    expect((await test.tuesday.result(id)).status).toBe('completed');
    expect(mcp.calls()).toHaveLength(2);
  });

  it('refuses a team that takes tools of a server that is not there', async () => {
    const sources: TeamInput['sources'] = { elsewhere: { tools: { x: { effect: 'none' } } } };
    await expect(test.tuesday.startRun(news({}, sources), ask)).rejects.toThrow(
      /elsewhere is no source of this installation; it has news, wires/,
    );
  });
});
