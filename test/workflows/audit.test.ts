/** What people decide reaches the audit log, by whichever way it comes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AuditRecord } from '../../contracts/audit-views';
import { findTemporalBinary } from '../../worker/temporal/find-binary';
import { eventually } from '../support/eventually';
import { temporalAddress } from '../support/servers';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'u-1' };
let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday();
});
afterAll(() => test.stop());

const started = async (unverifiedDecisions: 'allowed' | 'refused' = 'allowed') => {
  const run = await test.tuesday.startRun(
    team([phase('only', { review: 'always' })], { unverifiedDecisions }),
    ask,
  );
  const view = await test.until(run.id, ({ status }) => status === 'waiting_for_review');
  const [{ id: reviewId = '', digest = '' } = {}] = view.reviews;
  return { id: run.id, reviewId, digest };
};

/** Of a run, the oldest first, without what tells one entry from another of its kind. */
async function audited(run: string): Promise<Omit<AuditRecord, 'sequence' | 'at' | 'mac'>[]> {
  const { entries } = await test.tuesday.audit({ run });
  return entries.reverse().map(({ sequence: _sequence, at: _at, mac: _mac, ...entry }) => entry);
}

describe('a decision', () => {
  it('that came by the API is verified, with what it was about and why', async () => {
    const { id, reviewId, digest } = await started();
    await test.tuesday.decide(id, { decision: 'approve', actor: 'u-2', comment: 'Well done.' });
    await test.tuesday.result(id);
    expect(await audited(id)).toEqual([
      {
        action: 'decision_taken',
        actor: { id: 'u-2', digest: expect.any(String) },
        verified: true,
        subject: { kind: 'review', id: reviewId },
        run: expect.stringContaining(`/${id}/`),
        digest,
        before: { kind: 'approval', reason: 'always' },
        after: { decisionId: expect.any(String), decision: 'approve' },
        reasonSha256: expect.any(String),
        from: { way: 'api' },
      },
    ]);
    expect((await test.tuesday.verifyAudit()).intact).toBe(true);
  });

  it('that only counts names both people of a delegation', async () => {
    const { id } = await started();
    await test.tuesday.decide(id, { decision: 'delegate', actor: 'u-2', to: 'u-3' });
    expect(await audited(id)).toMatchObject([
      { action: 'decision_counted', actor: { id: 'u-2' }, person: { id: 'u-3' } },
    ]);
    await test.tuesday.decide(id, { decision: 'stop', actor: 'u-3' });
  });

  it('of the deadline is the deadline’s', async () => {
    const deadline = {
      remindMs: 1_000,
      escalateMs: 1_001,
      decideMs: 1_002,
      default: 'approve',
    } as const;
    const { id } = await test.tuesday.startRun(
      team([phase('only', { review: { when: 'always', deadline } })]),
      ask,
    );
    await test.tuesday.result(id);
    expect(await audited(id)).toMatchObject([
      {
        action: 'decision_taken',
        actor: { id: 'deadline' },
        verified: false,
        from: { way: 'deadline' },
      },
    ]);
  });
});

describe('a decision sent by Temporal’s own CLI', () => {
  const cli = async (...args: string[]) => {
    const { path } = await findTemporalBinary({ env: process.env, onProgress: () => undefined });
    return promisify(execFile)(path, [...args, '--address', temporalAddress()]);
  };
  const decisionOf = (reviewId: string, decision: string) =>
    JSON.stringify({ decisionId: `cli-${decision}`, reviewId, decision, actor: 'u-4' });
  const send = (way: string[], name: string, id: string, input: string) =>
    cli('workflow', ...way, '--workflow-id', id, '--name', name, '--input', input);

  it('is recorded as unverified where the team takes it, as an update', async () => {
    const { id, reviewId } = await started();
    await send(['update', 'execute'], 'decide', id, decisionOf(reviewId, 'approve'));
    await test.tuesday.result(id);
    expect(await audited(id)).toMatchObject([
      {
        action: 'decision_taken',
        actor: { id: 'u-4' },
        verified: false,
        from: { way: 'temporal' },
      },
    ]);
  });

  it('is recorded as unverified or refused, as a signal', async () => {
    const { id, reviewId } = await started();
    await send(['signal'], 'decideSignal', id, decisionOf(reviewId, 'resume'));
    await send(['signal'], 'decideSignal', id, decisionOf(reviewId, 'approve'));
    await test.tuesday.result(id);
    expect(await audited(id)).toMatchObject([
      {
        action: 'decision_refused',
        after: { decisionId: 'cli-resume', reason: 'not_an_option' },
        from: { way: 'temporal' },
      },
      { action: 'decision_taken', actor: { id: 'u-4' }, verified: false },
    ]);
  });

  it('is recorded as refused where the team takes none', async () => {
    const { id, reviewId } = await started('refused');
    await send(['signal'], 'decideSignal', id, decisionOf(reviewId, 'approve'));
    await test.tuesday.decide(id, { decision: 'approve' });
    await test.tuesday.result(id);
    expect(await audited(id)).toMatchObject([
      { action: 'decision_refused', after: { reason: 'unverified' } },
      { action: 'decision_taken', verified: true },
    ]);
  });
});

describe('a run that is reset and rebuilt', () => {
  /** To its first workflow task; the id of the Temporal run that goes on. */
  async function reset(id: string): Promise<string> {
    const { events } = await test.temporal.workflow.getHandle(id).fetchHistory();
    const first = events?.find(({ workflowTaskCompletedEventAttributes: done }) => done);
    const { runId } = await test.temporal.workflowService.resetWorkflowExecution({
      namespace: test.temporal.options.namespace,
      workflowExecution: { workflowId: id },
      workflowTaskFinishEventId: first?.eventId ?? null,
      requestId: `reset-${id}`,
      reason: 'by a test',
    });
    return runId;
  }

  it('takes back no entry, and makes none twice', async () => {
    const { id } = await started();
    await test.tuesday.decide(id, { decision: 'delegate', decisionId: 'd1', to: 'u-3' });
    const before = await audited(id);
    expect(before).toHaveLength(1);
    const handle = test.temporal.workflow.getHandle(id, await reset(id));
    await eventually(async () => {
      const { reviews } = await handle.query<{ reviews: object }>('state');
      expect(Object.keys(reviews)).toHaveLength(1);
    });
    await test.until(id, ({ reviews }) => reviews.length === 1);
    // Temporal sends it again, or its sender does.
    await test.tuesday.decide(id, { decision: 'delegate', decisionId: 'd1', to: 'u-3' });
    await test.tuesday.decide(id, { decision: 'stop', decisionId: 'd2', actor: 'u-3' });
    await test.tuesday.result(id);
    await test.tuesday.rebuild(id);
    const after = await audited(id);
    expect(after.slice(0, 1)).toEqual(before);
    expect(after.slice(1)).toMatchObject([{ after: { decisionId: 'd2' } }]);
    expect((await test.tuesday.verifyAudit()).intact).toBe(true);
  });
});
