/** Runs whose agents search the web, by the simulator's own bill. */
import { costOf, PRICES } from '../../domain/prices';
import type { BillLine, Fault } from '../../simulator';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday({ webSearch: true });
});
afterEach(() => {
  test.simulator.clearFaults();
  test.simulator.release();
});
afterAll(() => test.stop());

const QUERY = 'tides in Brittany';
const CALL: Fault = {
  kind: 'tool_calls',
  calls: [{ name: 'web_search', input: { query: QUERY } }],
  times: 1,
};
const searching = team([
  phase('only', {
    tools: [{ tool: 'web_search', backoff: { firstMs: 10, maxMs: 20 } }],
    limits: { turnsMax: 3 },
  }),
]);

async function run(key: string, faults: Fault[] = [], budgetMicroUsd?: number) {
  for (const fault of [CALL, ...faults]) test.simulator.addFault(fault);
  const started = await test.tuesday.startRun(searching, {
    question: 'When is the tide high?',
    key,
    ...(budgetMicroUsd === undefined ? {} : { budgetMicroUsd }),
  });
  const view = await test.until(started.id, ({ endedAt }) => endedAt !== undefined);
  const steps = await test.tuesday.trace(started.id);
  const result = await test.tuesday.result(started);
  return { view, result, steps, step: steps.find(({ name }) => name === 'web_search') };
}

const billOf = (key: string) =>
  test.simulator.bill().filter(({ headers }) => headers['idempotency-key']?.includes(`/${key}/`));
const searchesOf = (key: string) => billOf(key).filter(({ usage }) => usage.webSearchRequests > 0);

function priceOf({ model, usage }: BillLine): number {
  const price = PRICES[model];
  if (!price) throw new Error(`no price for ${model}`);
  return costOf(price, {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheWriteTokens: usage.cacheCreationInputTokens,
    cacheReadTokens: usage.cacheReadInputTokens,
    webSearches: usage.webSearchRequests,
  });
}

/** Settled calls against the bill, line by line; what is left of the bill. */
function expectBooked(key: string, steps: Awaited<ReturnType<typeof run>>['steps']): BillLine[] {
  const settled = steps
    .flatMap(({ calls }) => calls)
    .filter(({ status, requestId }) => status === 'settled' && requestId !== undefined);
  const byId = new Map(billOf(key).map((line) => [line.requestId, line]));
  for (const { requestId = '', costMicroUsd } of settled) {
    const line = byId.get(requestId);
    expect(line && priceOf(line)).toBe(costMicroUsd);
    byId.delete(requestId);
  }
  return [...byId.values()];
}

it('is searched for once, and the books equal the bill', async () => {
  const { view, steps, step, result } = await run('once');
  expect(view.status).toBe('completed');
  expect(step).toMatchObject({
    kind: 'tool',
    ending: 'ok',
    servedBy: 'claude-haiku-5-5',
    tokens: { output: expect.any(Number) },
  });
  expect(step?.costMicroUsd).toBeGreaterThan(10_000);
  expect(searchesOf('once')).toHaveLength(1);
  expect(expectBooked('once', steps)).toEqual([]);
  const total = billOf('once').reduce((sum, line) => sum + priceOf(line), 0);
  expect(result.costs).toMatchObject({ settledMicroUsd: total, unsettledMicroUsd: 0 });
  // Told as every tool's result is: as data that nobody vouches for.
  const told = test.simulator
    .requests()
    .find(({ body }) => JSON.stringify(body).includes('tool_result'));
  expect(JSON.stringify(told?.body)).toContain('<untrusted_data');
  expect(JSON.stringify(told?.body)).not.toContain('encrypted');
});

it('pays for a search that gave an error, tries again, and tells the agent of no error then', async () => {
  const { steps, step } = await run('again', [
    { kind: 'web_search_error', code: 'too_many_requests', times: 1 },
  ]);
  expect(step?.calls.map(({ status, failure }) => [status, failure])).toEqual([
    ['settled', 'tool_rate_limited'],
    ['settled', undefined],
  ]);
  expect(step?.ending).toBe('ok');
  expect(expectBooked('again', steps)).toEqual([]);
});

it('pays once for a query that is too long, which the agent is told of', async () => {
  const { steps, step } = await run('too-long', [
    { kind: 'web_search_error', code: 'query_too_long', times: 1 },
  ]);
  expect(step).toMatchObject({ ending: 'error:tool_refused', calls: { length: 1 } });
  expect(step?.costMicroUsd).toBeGreaterThan(0);
  expect(expectBooked('too-long', steps)).toEqual([]);
});

it('books every request of a search that is paused', async () => {
  const { steps, step } = await run('paused', [
    { kind: 'web_search_pause', where: 'after_result', times: 1 },
  ]);
  expect(step?.calls.map(({ status }) => status)).toEqual(['settled', 'settled']);
  expect(step?.ending).toBe('ok');
  expect(expectBooked('paused', steps)).toEqual([]);
});

it('keeps a search booked whose connection was lost, and releases one that was refused', async () => {
  const { steps, step } = await run('lost', [
    { kind: 'drop', where: 'mid_stream', contains: 'web_search_2', times: 1 },
    { kind: 'http_error', status: 529, contains: 'web_search_2', times: 1 },
  ]);
  expect(step?.calls.map(({ status }) => status)).toEqual(['unsettled', 'released', 'settled']);
  const [lost] = step?.calls ?? [];
  const rest = expectBooked('lost', steps);
  expect(rest).toHaveLength(1);
  expect(lost?.reservedMicroUsd).toBeGreaterThanOrEqual(Math.max(...rest.map(priceOf)));
});

it('is not searched for where the budget could not hold the worst case', async () => {
  const { view } = await run('poor', [], 300_000);
  expect(view.status).toBe('budget_exhausted');
  expect(searchesOf('poor')).toEqual([]);
  expect(billOf('poor').every(({ model }) => model === 'claude-haiku-5-5')).toBe(true);
});
