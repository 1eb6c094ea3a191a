/** Runs whose agents use a tool that asks a real server: what fails, what is made up, what follows. */
import fc from 'fast-check';
import { z } from 'zod';
import { type Tool, ToolError } from '../../activities/tools/tool';
import { zodValue } from '../../activities/tools/tool-value';
import { getText } from '../../contracts/content';
import type { TeamInput } from '../../contracts/team/schema';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { startWebServer, type WebServer } from '../support/web-server';

const ask = { question: 'What is Acme?', user: 'tester' };
const QUICK = { firstMs: 10, maxMs: 10 };

let server: WebServer;
let test: TestTuesday;
beforeAll(async () => {
  server = await startWebServer();
  test = await startTestTuesday({ tools: [registerTool(() => server.origin)] });
});
beforeEach(() => {
  server.asked.length = 0;
  server.pages['/register'] = (_request, response) => response.end('{"found": true}');
});
afterEach(() => test.simulator.clearFaults());
afterAll(async () => {
  await test.stop();
  await server.close();
});

const RegisterInput = z.strictObject({
  company: z.string().min(1).max(100),
  limit: z.int().min(1).max(10).optional(),
});

function registerTool(origin: () => string): Tool {
  return {
    name: 'register',
    description: 'Looks a company up in the register.',
    input: zodValue(RegisterInput) as Tool['input'],
    effect: 'none',
    source: () => 'companies',
    async run(_input, { signal }) {
      const response = await fetch(`${origin()}/register`, { signal });
      if (!response.ok) throw new ToolError('unavailable', `answered ${response.status}`);
      return response.json();
    },
  };
}

type PhaseTool = NonNullable<TeamInput['phases'][number]['tools']>[number];
const research = (tool: Exclude<PhaseTool, string>, changes = {}) =>
  phase('research', { tools: [{ triesMax: 2, backoff: QUICK, ...tool }], ...changes });
const down = () => {
  server.pages['/register'] = (_request, response) => response.writeHead(503).end();
};
/** The first turn of the phase makes these calls. */
const agentCalls = (calls: { name: string; input: unknown }[]) =>
  test.simulator.addFault({
    kind: 'tool_calls',
    calls: calls as never,
    turn: 1,
    phase: 'research',
  });
const asksOnce = () => agentCalls([{ name: 'register', input: { company: 'Acme' } }]);
const toolSteps = async (id: string) =>
  (await test.tuesday.trace(id)).filter(({ kind }) => kind === 'tool');

describe('a tool that is down', () => {
  it('leaves a limitation that the agents after it are told of, and the reader of the result', async () => {
    down();
    asksOnce();
    const run = await test.tuesday.startRun(
      team(row(research({ tool: 'register' }), phase('writing'))),
      ask,
    );
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed_with_limitations');
    const limitation = {
      ...{ kind: 'source_unavailable', phase: 'research', failure: 'tool_failed' },
      ...{ source: 'companies', tool: 'register' },
      detail:
        'The source companies was not available to the phase research: what it holds is missing.',
    };
    expect(result.limitations).toEqual([limitation]);
    expect(server.asked).toHaveLength(2);
    const told = test.simulator
      .requests()
      .filter(({ headers }) => headers['idempotency-key']?.includes('/writing/'))
      .map(({ body }) => JSON.stringify(body));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(limitation.detail);
  });

  it('parks the run for an operator where the phase cannot do without, and goes on when it is up', async () => {
    down();
    asksOnce();
    const run = await test.tuesday.startRun(
      team([research({ tool: 'register', required: true })]),
      ask,
    );
    const view = await test.until(run.id, ({ status }) => status === 'waiting_for_review');
    expect(view.reviews).toMatchObject([{ kind: 'operator', reason: 'tool_failed' }]);
    server.pages['/register'] = (_request, response) => response.end('{"found": true}');
    await test.tuesday.decide(run.id, { decision: 'resume' });
    const result = await test.tuesday.result(run);
    expect([result.status, result.limitations]).toEqual(['completed', []]);
    expect(server.asked).toHaveLength(3);
  });

  it('degrades an optional phase that cannot do without', async () => {
    down();
    asksOnce();
    const optional = research({ tool: 'register', required: true }, { required: false });
    const run = await test.tuesday.startRun(
      team(row(optional, phase('writing')), { name: 'degrades' }),
      ask,
    );
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations).toMatchObject([
      { kind: 'incomplete_research', failure: 'tool_failed' },
    ]);
  });

  it('is stood in for by what it gave an earlier run of the same user and team', async () => {
    asksOnce();
    const definition = team([research({ tool: 'register' })], { name: 'stale' });
    await test.tuesday.result(await test.tuesday.startRun(definition, ask));
    down();
    const run = await test.tuesday.startRun(definition, ask);
    const result = await test.tuesday.result(run);
    expect(result.limitations).toMatchObject([
      { kind: 'stale_result', source: 'companies', detail: expect.stringMatching(/second/) },
    ]);
    const other = await test.tuesday.startRun(definition, { ...ask, user: 'another' });
    expect((await test.tuesday.result(other)).limitations).toMatchObject([
      { kind: 'source_unavailable' },
    ]);
  });
});

describe('calls that a model makes up', () => {
  const prototypeNames = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'prototype'];
  const wrongName = fc.oneof(
    fc.constantFrom('Register', 'REGISTER', 'register ', ' register', 'registеr', 'ｒegister'),
    fc.constantFrom('functions.register', 'mcp__register', 'register_company', 'reg', ''),
    fc.constantFrom('search_documents', 'publish_file', 'read_result_', ...prototypeNames),
    fc.string({ minLength: 1, maxLength: 80 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }),
  );
  const json = fc.jsonValue({ maxDepth: 3 });
  const fits = (input: unknown) => RegisterInput.safeParse(input).success;
  const wrongInput = fc
    .oneof(
      fc.constantFrom({}, { Company: 'Acme' }, { company: 'Acme', country: 'de' }),
      fc.record({ company: json.filter((value) => typeof value !== 'string') }),
      fc.record({ company: fc.constant('Acme'), limit: json }),
      fc.record({ company: fc.constant('Acme'), limit: fc.constantFrom(0, 11, 1.5, -1, '3') }),
      fc
        // JSON readers on the way drop `__proto__`, and what is left fits.
        .constantFrom(...prototypeNames.filter((name) => name !== '__proto__'))
        .map((name) => JSON.parse(`{"company": "Acme", "${name}": {"limit": 3}}`) as object),
      fc.dictionary(fc.string(), json),
    )
    .filter((input) => !fits(input));
  const madeUp = fc.oneof(
    fc.record({ name: wrongName, input: fc.constant({ company: 'Acme' }) }),
    fc.record({ name: fc.constant('register'), input: wrongInput }),
  );
  const right = { name: 'register', input: { company: 'Acme', limit: 3 } };

  const RUNS = 14;
  const CALLS = 30;

  it('are never executed, and each is answered with what is wrong', async () => {
    const turns = fc.sample(fc.array(madeUp, { minLength: CALLS, maxLength: CALLS }), {
      numRuns: RUNS,
      seed: 20_261_121,
    });
    expect(turns.flat().length).toBe(RUNS * CALLS);
    const definition = team([
      phase('research', { tools: ['register'], limits: { badToolCallsMax: 50 } }),
    ]);
    let executed = 0;
    for (const calls of turns) {
      // One that is right among them, so that the count would tell of a tool that is never called.
      agentCalls([...calls.slice(1), right]);
      const run = await test.tuesday.startRun(definition, ask);
      const view = await test.until(run.id, ({ endedAt, reviews }) => !!endedAt || !!reviews[0]);
      expect([view.status, view.explanation]).toEqual(['completed', expect.any(String)]);
      test.simulator.clearFaults();
      const all = await toolSteps(run.id);
      executed += all.filter(({ ending }) => ending === 'ok').length;
      const steps = all.filter(({ turn }) => turn === 1);
      expect(steps).toHaveLength(CALLS);
      const endings = steps.map(({ ending }) => ending);
      expect(endings.filter((ending) => ending === 'ok')).toHaveLength(1);
      expect(new Set(endings)).toEqual(
        new Set(['ok', 'error:tool_unknown', 'error:tool_bad_input']),
      );
      const errors = await Promise.all(
        steps
          .filter(({ ending }) => ending !== 'ok')
          .map(async ({ outcomeSha256 = '' }) => {
            const text = await getText(test.tuesday.content, outcomeSha256);
            return (JSON.parse(JSON.parse(text).content) as { error: unknown }).error;
          }),
      );
      for (const error of errors)
        expect(error).toMatchObject({
          kind: expect.stringMatching(/^(not_found|invalid_input)$/),
          message: expect.any(String),
          retryable: false,
          details: expect.any(Object),
        });
    }
    // Later turns are the simulator's own, which may call the tool as it is to be called.
    expect(server.asked).toHaveLength(executed);
  }, 120_000);
});
