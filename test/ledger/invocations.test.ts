import type { InvocationFilter } from '../../contracts/reader';
import {
  artifact,
  begin,
  claimOf,
  failureOf,
  openRun,
  openTestLedger,
  outcomeOf,
  roundOf,
  type TestLedger,
  toolClaimOf,
} from '../support/test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

const DAY_MS = 86_400_000;

describe('the trace of a run', () => {
  it('shows every invocation with its calls, in the order of beginning', async () => {
    const run = await openRun(test);
    const round = roundOf(run);
    const lost = claimOf(round, await begin(test, round));
    await test.ledger.claimStep(lost);
    const fence = await begin(test, round, { attempt: 2 });
    const model = claimOf(round, fence);
    await test.ledger.claimStep(model);
    await test.ledger.recordOutcome(
      outcomeOf(model, 'answer', {
        usage: { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 3, cacheReadTokens: 4 },
        requestId: 'req_1',
        servedBy: 'some-model-2026',
      }),
    );
    const tool = toolClaimOf(round, fence, 2, 'search_documents');
    await test.ledger.claimStep(tool);
    const report = artifact({ message: 'busy' });
    await test.ledger.failCall(
      failureOf(tool, {
        failure: 'tool_unavailable',
        errorSha256: report.sha256,
        artifacts: [report],
      }),
    );

    expect(await test.reader.trace(run.workflowId)).toEqual([
      {
        stepKey: model.stepKey,
        number: 1,
        phase: 'research',
        round: 1,
        turn: 1,
        kind: 'model',
        name: 'some-model',
        ending: 'end_turn',
        startedAt: expect.any(String),
        endedAt: expect.any(String),
        requestSha256: model.requestDigest,
        outcomeSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        servedBy: 'some-model-2026',
        tokens: { input: 1, output: 2, cacheWrite: 3, cacheRead: 4 },
        costMicroUsd: 60,
        recoveries: [],
        calls: [
          {
            id: lost.callId,
            status: 'unsettled',
            failure: 'attempt_lost',
            reservedMicroUsd: 100,
            costMicroUsd: 0,
            startedAt: expect.any(String),
          },
          {
            id: model.callId,
            status: 'settled',
            requestId: 'req_1',
            latencyMs: 5,
            reservedMicroUsd: 100,
            costMicroUsd: 60,
            startedAt: expect.any(String),
          },
        ],
      },
      {
        stepKey: tool.stepKey,
        number: 2,
        phase: 'research',
        round: 1,
        turn: 2,
        toolCall: 1,
        kind: 'tool',
        name: 'search_documents',
        startedAt: expect.any(String),
        requestSha256: tool.requestDigest,
        costMicroUsd: 0,
        recoveries: [],
        calls: [
          {
            id: tool.callId,
            status: 'released',
            failure: 'tool_unavailable',
            errorSha256: report.sha256,
            latencyMs: 5,
            reservedMicroUsd: 0,
            costMicroUsd: 0,
            startedAt: expect.any(String),
          },
        ],
      },
    ]);
  });

  it('is empty for a run that nobody knows', async () => {
    expect(await test.reader.trace('nobody')).toEqual([]);
  });
});

describe('invocations across runs', () => {
  const invocations = (filter: Partial<InvocationFilter>) =>
    test.reader.invocations({ limit: 50, ...filter });

  it('tell which invocations of a tool failed last week, and with what', async () => {
    const attempt = async (workflowId: string) => {
      const round = roundOf(await openRun(test, { workflowId }));
      return { round, fence: await begin(test, round) };
    };
    const [one, two] = [await attempt('one'), await attempt('two')];
    const take = async (turn: number, ending: string, { round, fence } = one) => {
      const claim = toolClaimOf(round, fence, turn, 'fetch');
      await test.ledger.claimStep(claim);
      await test.ledger.recordOutcome(outcomeOf(claim, turn, { ending }));
      return claim.stepKey;
    };
    const long = await take(1, 'error:tool_refused');
    await test.rows(`UPDATE steps SET started_at = now() - interval '8 days' WHERE step_key = $1`, [
      long,
    ]);
    await take(2, 'ok');
    await take(3, 'error:tool_refused');
    const retried = toolClaimOf(two.round, two.fence, 1, 'fetch');
    await test.ledger.claimStep(retried);
    await test.ledger.failCall(failureOf(retried, { failure: 'tool_timeout' }));
    const other = toolClaimOf(two.round, two.fence, 2, 'search_documents');
    await test.ledger.claimStep(other);
    await test.ledger.recordOutcome(outcomeOf(other, 'x', { ending: 'error:tool_refused' }));

    const lastWeek = { name: 'fetch', since: new Date(Date.now() - 7 * DAY_MS) };
    const failed = await invocations({ ...lastWeek, kind: 'tool', failed: true });
    expect(
      failed.map(({ run, ending, calls }) => [run, ending, calls.map(({ failure }) => failure)]),
    ).toEqual([
      ['two', undefined, ['tool_timeout']],
      ['one', 'error:tool_refused', [undefined]],
    ]);
    expect(await invocations(lastWeek)).toHaveLength(3);
    expect(await invocations({ name: 'fetch' })).toHaveLength(4);
    expect(await invocations({ name: 'fetch', limit: 1 })).toMatchObject([{ run: 'two' }]);
    expect(await invocations({ kind: 'model', name: 'fetch' })).toEqual([]);
  });
});
