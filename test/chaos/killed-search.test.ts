/** A worker killed in the middle of a search that costs money. */
import { costOf, PRICES } from '../../domain/prices';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses } from '../support/worker-process';

// A lost worker is noticed after its heartbeat time-out.
jest.setTimeout(120_000);

const workers = useWorkerProcesses();
let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday({ hasWorker: false, webSearch: true });
});
afterAll(() => test.stop());

/** Holds the first search at the simulator; resolves when it is there. */
function searchHeld(): Promise<void> {
  test.simulator.addFault({
    kind: 'hold',
    where: 'mid_stream',
    until: 'release',
    contains: '"web_search_20',
    times: 1,
  });
  return new Promise((resolve) => {
    const stop = test.simulator.onRequest(({ headers }) => {
      if (!headers['idempotency-key']?.endsWith('/1.0')) return;
      stop();
      setImmediate(resolve);
    });
  });
}

it('stays booked at its worst case, and is bought again behind the fence', async () => {
  const calls = [{ name: 'web_search', input: { query: 'tides' } }];
  test.simulator.addFault({ kind: 'tool_calls', calls, times: 1 });
  const held = searchHeld();
  const script = 'bench/support/searching-worker.js';
  const worker = await workers.start(test, { script });
  const definition = team([phase('only', { tools: ['web_search'] })]);
  const run = await test.tuesday.startRun(definition, { question: 'When is the tide high?' });
  await held;
  await worker.kill();
  test.simulator.release();
  await workers.start(test, { script });
  const result = await test.tuesday.result(run);
  expect(result.status).toBe('completed');

  const steps = await test.tuesday.trace(run.id);
  const search = steps.find(({ name }) => name === 'web_search');
  expect(search?.calls.map(({ status, failure }) => [status, failure])).toEqual([
    ['unsettled', 'attempt_lost'],
    ['settled', undefined],
  ]);
  // All that was billed is booked: the lost search at no less, everything else at what it cost.
  const price = PRICES['claude-haiku-5-5'];
  if (!price) throw new Error('no price');
  const searches = test.simulator
    .bill()
    .filter(({ usage }) => usage.webSearchRequests > 0)
    .map(({ requestId, usage }) => ({
      requestId,
      microUsd: costOf(price, {
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        cacheWriteTokens: usage.cacheCreationInputTokens,
        cacheReadTokens: usage.cacheReadInputTokens,
        webSearches: usage.webSearchRequests,
      }),
    }));
  const [lost, again] = search?.calls ?? [];
  expect(searches).toHaveLength(2);
  expect(again).toMatchObject({
    requestId: searches[1]?.requestId,
    costMicroUsd: searches[1]?.microUsd,
  });
  expect(lost?.reservedMicroUsd).toBeGreaterThanOrEqual(searches[0]?.microUsd ?? 0);
  expect(result.costs.unsettledMicroUsd).toBe(lost?.reservedMicroUsd);
});
