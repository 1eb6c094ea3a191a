import type { RoundId } from '../../contracts/ids';
import type { ClaimStep, Fence } from '../../contracts/ledger';
import {
  artifact,
  begin,
  claimOf,
  closingOf,
  failureOf,
  openRun,
  openTestLedger,
  outcomeOf,
  roundOf,
  type TestLedger,
  toolClaimOf,
} from '../support/test-ledger';

let test: TestLedger;
let round: RoundId;
let fence: Fence;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());
beforeEach(async () => {
  round = roundOf(await openRun(test));
  fence = await begin(test, round);
});

async function claimed(changes: Partial<ClaimStep> = {}): Promise<ClaimStep> {
  const claim = claimOf(round, fence, changes);
  const { outcome } = await test.ledger.claimStep(claim);
  if (outcome !== 'claimed') throw new Error(outcome);
  return claim;
}
/** The claim of the next attempt, which finds the call of the one before still open. */
async function claimedAgain(): Promise<ClaimStep> {
  fence = await begin(test, round, { attempt: fence.attempt + 1 });
  return claimed();
}
const call = async ({ callId }: ClaimStep) =>
  (await test.rows<Record<string, unknown>>('SELECT * FROM calls WHERE call_id = $1', [callId]))[0];
const step = async ({ stepKey }: ClaimStep) =>
  (
    await test.rows<Record<string, unknown>>('SELECT * FROM steps WHERE step_key = $1', [stepKey])
  )[0];
const spend = async () => (await test.ledger.reportOf(round.runKey, 'research')).spend;

describe('the outcome of a step', () => {
  it('is recorded with its usage, its cost and what was asked and answered', async () => {
    const claim = await claimed();
    const outcome = outcomeOf(claim, 'answer', {
      usage: { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 3, cacheReadTokens: 4 },
      requestId: 'req_1',
      servedBy: 'some-model-2026',
      latencyMs: 1_234,
    });
    expect(await test.ledger.recordOutcome(outcome)).toEqual({
      outcomeSha256: outcome.outcomeSha256,
      won: true,
    });
    expect(await step(claim)).toMatchObject({
      kind: 'model',
      name: 'some-model',
      turn: 1,
      request_digest: claim.requestDigest,
      outcome_sha256: outcome.outcomeSha256,
      ending: 'end_turn',
      served_by: 'some-model-2026',
      input_tokens: 1,
      output_tokens: 2,
      cache_write_tokens: 3,
      cache_read_tokens: 4,
      ended_at: expect.any(Date),
    });
    expect(await call(claim)).toMatchObject({
      status: 'settled',
      cost_micro_usd: '60',
      reserved_micro_usd: '100',
      request_id: 'req_1',
      latency_ms: 1_234,
      ended_at: expect.any(Date),
    });
    expect((await test.ledger.content.get(outcome.outcomeSha256)).bytes).toEqual(
      artifact({ answer: 'answer' }).bytes,
    );
    expect(await test.ledger.content.get(claim.requestDigest)).toMatchObject({
      mediaType: 'application/json',
    });
  });

  it('of a tool has no usage and costs nothing', async () => {
    const claim = toolClaimOf(round, fence, 1, 'search_documents');
    await test.ledger.claimStep(claim);
    await test.ledger.recordOutcome(outcomeOf(claim, 'found', { ending: 'ok', costMicroUsd: 0 }));
    expect(await step(claim)).toMatchObject({ kind: 'tool', input_tokens: null, ending: 'ok' });
    expect(await spend()).toEqual({ settledMicroUsd: 0, unsettledMicroUsd: 0 });
  });

  it('L3 is the first one recorded; a later one only settles its own call', async () => {
    const lost = await claimed();
    const newer = await claimedAgain();
    const first = outcomeOf(newer, 'first', { costMicroUsd: 60 });
    const late = outcomeOf(lost, 'late', { costMicroUsd: 70, requestId: 'req_late' });
    expect(await test.ledger.recordOutcome(first)).toMatchObject({ won: true });
    expect(await spend()).toEqual({ settledMicroUsd: 60, unsettledMicroUsd: 100 });
    expect(await test.ledger.recordOutcome(late)).toEqual({
      outcomeSha256: first.outcomeSha256,
      won: false,
    });
    expect(await spend()).toEqual({ settledMicroUsd: 130, unsettledMicroUsd: 0 });
    expect(await step(lost)).toMatchObject({ outcome_sha256: first.outcomeSha256 });
    expect(await call(lost)).toMatchObject({ status: 'settled', request_id: 'req_late' });
  });

  it('L3 is the first one also when it comes from an attempt that was given up', async () => {
    const lost = await claimed();
    const newer = await claimedAgain();
    const early = outcomeOf(lost, 'early');
    expect(await test.ledger.recordOutcome(early)).toMatchObject({ won: true });
    expect(await test.ledger.recordOutcome(outcomeOf(newer, 'newer'))).toEqual({
      outcomeSha256: early.outcomeSha256,
      won: false,
    });
    expect(await spend()).toEqual({ settledMicroUsd: 120, unsettledMicroUsd: 0 });
  });

  it('L3 is the same when it is recorded again because the answer was lost', async () => {
    const outcome = outcomeOf(await claimed(), 'answer');
    const answers = await Promise.all([1, 2, 3].map(() => test.ledger.recordOutcome(outcome)));
    expect(answers).toEqual(
      [1, 2, 3].map(() => ({ outcomeSha256: outcome.outcomeSha256, won: true })),
    );
    expect(await spend()).toEqual({ settledMicroUsd: 60, unsettledMicroUsd: 0 });
  });

  it('still settles its call after the run is closed', async () => {
    const { runKey } = round;
    const claim = await claimed();
    const [namespace = '', workflowId = '', firstRunId = ''] = runKey.split('/');
    await test.ledger.closeRun(closingOf({ namespace, workflowId, firstRunId }, 'stopped'));
    expect(await spend()).toEqual({ settledMicroUsd: 0, unsettledMicroUsd: 100 });
    await test.ledger.recordOutcome(outcomeOf(claim, 'late'));
    expect(await spend()).toEqual({ settledMicroUsd: 60, unsettledMicroUsd: 0 });
  });
});

describe('a call that fails', () => {
  it('L5 is released where it cannot have been billed', async () => {
    const claim = await claimed();
    await test.ledger.failCall(failureOf(claim, { failure: 'rate_limited', requestId: 'req_2' }));
    expect(await call(claim)).toMatchObject({
      status: 'released',
      failure: 'rate_limited',
      request_id: 'req_2',
      cost_micro_usd: '0',
    });
    expect(await spend()).toEqual({ settledMicroUsd: 0, unsettledMicroUsd: 0 });
  });

  it('L5 stays booked at its worst case where it may have been billed', async () => {
    const report = artifact({ type: 'error' });
    const claim = await claimed();
    await test.ledger.failCall(
      failureOf(claim, {
        disposition: 'unsettled',
        failure: 'connection_lost',
        errorSha256: report.sha256,
        artifacts: [report],
      }),
    );
    expect(await call(claim)).toMatchObject({ status: 'unsettled', error_sha256: report.sha256 });
    expect(await spend()).toEqual({ settledMicroUsd: 0, unsettledMicroUsd: 100 });
    expect((await test.ledger.content.get(report.sha256)).bytes).toEqual(report.bytes);
  });

  it('L5 is unsettled when the next attempt finds it open, and says so', async () => {
    const lost = await claimed();
    const newer = await claimedAgain();
    expect(await call(lost)).toMatchObject({ status: 'unsettled', failure: 'attempt_lost' });
    expect(await call(newer)).toMatchObject({ status: 'open' });
    expect(await spend()).toEqual({ settledMicroUsd: 0, unsettledMicroUsd: 200 });
  });

  it('changes nothing once its call has ended otherwise', async () => {
    const settled = await claimed();
    await test.ledger.recordOutcome(outcomeOf(settled, 'answer'));
    expect(await test.ledger.failCall(failureOf(settled))).toEqual({ tries: 0 });
    expect(await call(settled)).toMatchObject({ status: 'settled', failure: null });
    expect(await spend()).toEqual({ settledMicroUsd: 60, unsettledMicroUsd: 0 });
  });

  it('leaves its failure on record when another call of the step brings the outcome', async () => {
    const failed = await claimed();
    await test.ledger.failCall(failureOf(failed));
    const claim = await claimed();
    await test.ledger.recordOutcome(outcomeOf(claim, 'answer'));
    expect(await call(failed)).toMatchObject({ status: 'released', failure: 'overloaded' });
    expect(await step(claim)).toMatchObject({ tries: 1, ending: 'end_turn' });
  });
});
