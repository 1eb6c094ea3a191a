/** Decisions that come past the API: by Temporal's own CLI, and as whatever a stranger may send. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RunView } from '../../contracts/views';
import { findTemporalBinary } from '../../worker/temporal/find-binary';
import { CACHE_MODES } from '../support/cache-modes';
import { temporalAddress } from '../support/servers';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const asking = (name: string) => phase(name, { review: 'always' });
const OPEN = { unverifiedDecisions: 'allowed' } as const;
const isParked = ({ status }: RunView) => status === 'waiting_for_review';

let temporal: string;
beforeAll(async () => {
  temporal = (await findTemporalBinary({ env: process.env, onProgress: () => undefined })).path;
});

/** Temporal's own CLI, as an operator uses it. */
const cli = (verb: 'signal' | 'update', id: string, name: string, input: string) =>
  promisify(execFile)(
    temporal,
    ['workflow', ...(verb === 'signal' ? ['signal'] : ['update', 'execute'])].concat(
      ['--address', temporalAddress(), '--workflow-id', id, '--name', name],
      ['--input', input, '--output', 'json'],
    ),
  );

describe.each(CACHE_MODES)('a decision by Temporal’s CLI, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterAll(() => test.stop());

  const parked = async (changes: object = {}) => {
    const { id } = await test.tuesday.startRun(team([asking('only')], changes), ask);
    const { reviews } = await test.until(id, isParked);
    return { id, decision: { reviewId: reviews[0]?.id, decision: 'approve', actor: 'ann' } };
  };
  const events = async (id: string) =>
    (await test.tuesday.history(id, { limit: 200 })).entries.map(({ event }) => event);

  it.each([
    ['signal', 'decideSignal'],
    ['update', 'decide'],
  ] as const)(
    'as %s is taken where the team allows it, as one of nobody known',
    async (verb, name) => {
      const { id, decision } = await parked(OPEN);
      await cli(verb, id, name, JSON.stringify({ ...decision, decisionId: 'by-cli' }));
      expect((await test.tuesday.result(id)).status).toBe('completed');
      expect((await test.tuesday.getRun(id)).decisions).toMatchObject([
        { id: 'by-cli', actor: 'ann', verified: false, settles: true },
      ]);
    },
  );

  it('is refused elsewhere: as signal by an event, as update with the reason', async () => {
    const { id, decision } = await parked();
    await cli('signal', id, 'decideSignal', JSON.stringify({ ...decision, decisionId: 's' }));
    const updated = cli('update', id, 'decide', JSON.stringify({ ...decision, decisionId: 'u' }));
    await expect(updated).rejects.toThrow(/only from people who are signed in/);
    const { decisions, status } = await test.until(id, ({ stateVersion }) => stateVersion > 0);
    expect([status, decisions]).toEqual(['waiting_for_review', []]);
    expect(await events(id)).toContainEqual(
      expect.objectContaining({ type: 'decision_refused', decisionId: 's', reason: 'unverified' }),
    );
    await test.tuesday.decide(id, { decision: 'stop' });
    await test.tuesday.result(id);
  });

  const payload = (encoding: string | undefined, data: string) => ({
    metadata: encoding === undefined ? {} : { encoding: Buffer.from(encoding) },
    data: Buffer.from(data),
  });
  it.each<[string, ReturnType<typeof payload>[]]>([
    ['nothing', []],
    ['null', [payload('binary/null', '')]],
    ['a list', [payload('json/plain', '[1]')]],
    ['no JSON', [payload('json/plain', '{"decisionId')]],
    ['bytes', [payload('binary/plain', 'approve')]],
    ['an unknown encoding', [payload('text/x-garbage', 'approve')]],
    ['no encoding', [payload(undefined, 'approve')]],
    ['a message of protobuf', [payload('json/protobuf', '{}')]],
    ['more than was asked for', [payload('json/plain', '{}'), payload('json/plain', '{}')]],
  ])('may be %s: it is refused, and the run goes on', async (_, payloads) => {
    const { id } = await parked(OPEN);
    const { workflowService, options } = test.temporal;
    const run = { namespace: options.namespace, workflowExecution: { workflowId: id } };
    const sent = { ...run, input: { payloads } };
    await workflowService.signalWorkflowExecution({ ...sent, signalName: 'decideSignal' });
    await test.tuesday.decide(id, { decision: 'approve' });
    expect((await test.tuesday.result(id)).status).toBe('completed');
    const { events: history = [] } = await test.temporal.workflow.getHandle(id).fetchHistory();
    expect(history?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
    expect(await events(id)).toContainEqual(
      expect.objectContaining({ type: 'decision_refused', reason: 'malformed' }),
    );
  });

  it('that is no update is refused, and the run goes on', async () => {
    const { id } = await parked(OPEN);
    const handle = test.temporal.workflow.getHandle(id);
    for (const sent of [null, 'approve', [], {}, { decisionId: {} }])
      await expect(handle.executeUpdate('decide', { args: [sent] })).rejects.toMatchObject({
        cause: { message: expect.stringMatching(/^a decision has a decisionId/) },
      });
    await test.tuesday.decide(id, { decision: 'approve' });
    expect((await test.tuesday.result(id)).status).toBe('completed');
  });
});

it('changes nothing when it comes again after continue-as-new', async () => {
  const test = await startTestTuesday({ historyEventsMax: 5 });
  try {
    const phases = row(asking('first'), asking('second'));
    const { id } = await test.tuesday.startRun(team(phases, OPEN), ask);
    const first = await test.until(id, isParked);
    const decision = { reviewId: first.reviews[0]?.id, decision: 'approve', actor: 'ann' } as const;
    const handle = test.temporal.workflow.getHandle(id);
    const { runId } = await handle.describe();
    await handle.executeUpdate('decide', {
      args: [{ ...decision, decisionId: 'd1' }],
      updateId: 'u',
    });
    const second = await test.until(
      id,
      ({ reviews: [review] }) => review !== undefined && review.id !== decision.reviewId,
    );
    expect((await handle.describe()).runId).not.toBe(runId);
    const again = { ...decision, reviewId: second.reviews[0]?.id, decisionId: 'd1' };
    const receipt = { applied: false, reviewId: decision.reviewId, decision: 'approve' };
    // Temporal has forgotten the id of its update by now.
    expect(await handle.executeUpdate('decide', { args: [again], updateId: 'u' })).toMatchObject(
      receipt,
    );
    await handle.signal('decideSignal', { ...again, decision: 'stop' });
    const { status, decisions } = await test.tuesday.getRun(id);
    expect([status, decisions.length]).toEqual(['waiting_for_review', 1]);
    await handle.executeUpdate('decide', { args: [{ ...again, decisionId: 'd2' }] });
    expect((await test.tuesday.result(id)).status).toBe('completed');
    expect((await test.tuesday.getRun(id)).decisions.map(({ id: one }) => one)).toEqual([
      'd1',
      'd2',
    ]);
  } finally {
    await test.stop();
  }
});

it('that comes while its run is cancelled leaves the run to end as it does', async () => {
  const test = await startTestTuesday();
  try {
    const { id } = await test.tuesday.startRun(team([asking('only')], OPEN), ask);
    const { reviews } = await test.until(id, isParked);
    const handle = test.temporal.workflow.getHandle(id);
    const signal = (decisionId: string, more: object) =>
      handle.signal('decideSignal', { decisionId, actor: 'ann', decision: 'approve', ...more });
    await test.stopWorker();
    await signal('before', { reviewId: 'only-99' });
    await handle.cancel();
    await signal('after', { reviewId: reviews[0]?.id });
    await signal('garbage', { reviewId: {} });
    await test.startWorker();
    const { status } = await test.tuesday.result(id);
    expect(['stopped', 'completed']).toContain(status);
    // Ends by its own closing steps.
    expect(await handle.result()).toMatchObject({ status });
  } finally {
    await test.stop();
  }
});
