import { getJson, putJson } from '../../contracts/content';
import type { SourceManifest } from '../../contracts/documents';
import type { RunEventBody } from '../../contracts/run-state';
import { recordRun, SOME_DIGEST } from '../console/api/recorded-run';
import { serveTestInstallation, type TestInstallation } from '../console/api/served-api';
import { useTemporaryFolder } from '../support/document-folder';
import { closingOf } from '../support/test-ledger';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
});
afterAll(() => here.close());

const folder = useTemporaryFolder();
const PRODUCES = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
};
const TEAM = {
  name: 'one',
  version: '1.0.0',
  phases: [
    {
      name: 'only',
      role: 'You work.',
      instructions: 'Work.',
      model: { name: 'claude-haiku-5-5' },
      produces: PRODUCES,
    },
  ],
};
const ask = (question: string, key: string) => ({ question, key });

describe.each(['remote', 'local'] as const)('a start by the %s client', (which) => {
  const client = () => here[which];

  it('is the same run for the same request under one key', async () => {
    const key = `same-${which}`;
    const first = await client().startRun(TEAM, ask('Why?', key));
    const second = await client().startRun(TEAM, ask('Why?', key));
    expect(second).toEqual({ ...first, reused: true });
    await expect(client().startRun(TEAM, ask('How?', key))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(key),
    });
    await expect(
      client().startRun(TEAM, { ...ask('Why?', key), budgetMicroUsd: 5_000 }),
    ).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('begins anew under the key of a run that failed', async () => {
    const key = `failed-${which}`;
    const first = await client().startRun(TEAM, ask('Why?', key));
    await here.temporal.workflow.getHandle(key).terminate();
    const second = await client().startRun(TEAM, ask('How?', key));
    expect(second.reused).toBe(false);
    expect(second.firstRunId).not.toBe(first.firstRunId);
  });

  it('stores the documents of a folder first and starts with their manifest', async () => {
    folder.write({ 'docs/a.md': 'one', 'docs/sub/b.txt': 'two' });
    const stored: number[] = [];
    const handle = await client().startRun(TEAM, {
      ...ask('Why?', `docs-${which}`),
      documents: `${folder.path()}/docs`,
      onDocument: (done) => stored.push(done),
    });
    expect(stored).toEqual([1, 2]);
    const history = await here.temporal.workflow.getHandle(handle.id).fetchHistory();
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    const start = JSON.parse(Buffer.from(started?.input?.payloads?.[0]?.data ?? []).toString());
    const manifest = await getJson<SourceManifest>(
      here.ledger.ledger.content,
      start.documentsSha256,
    );
    expect(manifest.documents.map(({ name }) => name)).toEqual(['a.md', 'sub/b.txt']);
  });

  it('names every problem of a team in one error', async () => {
    const broken = { ...TEAM, phases: [{ ...TEAM.phases[0], needs: ['none'], tools: ['hammer'] }] };
    await expect(client().startRun(broken as typeof TEAM, ask('Why?', 'x'))).rejects.toMatchObject({
      kind: 'bad_input',
      message: expect.stringMatching(/phases\/0\/needs\/0.*phases\/0\/tools\/0 "hammer"/),
    });
  });

  it('refuses what it cannot take before anything is stored', async () => {
    const refused = (request: object, message: RegExp) =>
      expect(client().startRun(TEAM, request as ReturnType<typeof ask>)).rejects.toMatchObject({
        kind: 'bad_input',
        message: expect.stringMatching(message),
      });
    await refused({ question: '' }, /question/);
    await refused({ question: 'Why?', key: 'a b' }, /key/);
    await refused({ question: 'Why?', user: 'a b' }, /user/);
    await refused({ question: 'Why?', budgetMicroUsd: 1 }, /budgetMicroUsd/);
    await refused({ question: 'Why?', documents: '/nowhere/at/all' }, /nowhere/);
    await expect(client().startRun('report', { question: 'Why?' })).rejects.toMatchObject({
      kind: 'bad_input',
      field: 'documents',
    });
    await expect(client().startRun('nobody', { question: 'Why?' })).rejects.toMatchObject({
      kind: 'not_found',
      message: expect.stringContaining('report'),
    });
  });
});

describe('watching a run', () => {
  const started: RunEventBody = {
    type: 'phase_started',
    phase: 'research',
    round: 1,
    allowanceMicroUsd: 100,
  };
  const review: RunEventBody = {
    type: 'review_opened',
    review: {
      id: 'r1',
      kind: 'operator',
      phase: 'research',
      reason: 'authentication',
      digest: SOME_DIGEST,
      options: ['resume', 'stop'],
    },
  };
  const end: RunEventBody = { type: 'run_ended', status: 'stopped' };

  it('gives every state from the present one to the end, with its result', async () => {
    const { ledger } = here.ledger;
    const { run, happen } = await recordRun(ledger, 'watched', { namespace: here.namespace });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const view of here.remote.watchRun('watched')) {
        seen.push(`${view.status} ${view.phases[0]?.status}`);
        if (seen.length === 1) await happen(started);
        if (seen.length === 2) {
          await happen(end);
          const resultSha256 = await putJson(ledger.content, { run: 'watched' });
          await ledger.closeRun(closingOf(run, 'stopped', { resultSha256 }));
        }
      }
    })();
    await watching;
    expect(seen[0]).toBe('running pending');
    expect(seen[1]).toBe('running running');
    expect(seen.at(-1)).toMatch(/^stopped/);
    expect(await here.remote.result('watched')).toEqual({ run: 'watched' });
  });

  it('ends when the run parks, where asked to', async () => {
    const { happen } = await recordRun(here.ledger.ledger, 'parked', { namespace: here.namespace });
    await happen(
      started,
      {
        type: 'phase_suspended',
        phase: 'research',
        reasons: ['operator'],
        spend: { settledMicroUsd: 0, unsettledMicroUsd: 0 },
      },
      review,
    );
    const seen: string[] = [];
    for await (const view of here.remote.watchRun('parked', { untilParked: true }))
      seen.push(view.status);
    expect(seen).toEqual(['waiting_for_review']);
  });

  it('ends at once when its caller has seen enough', async () => {
    await recordRun(here.ledger.ledger, 'left', { namespace: here.namespace });
    const enough = new AbortController();
    for await (const _ of here.remote.watchRun('left', { signal: enough.signal })) enough.abort();
  });

  it('waits for a run that is started and not opened yet, and not for an older one of its key', async () => {
    const { ledger } = here.ledger;
    const old = await recordRun(ledger, 'again', { namespace: here.namespace });
    await old.happen(end);
    const handle = await here.remote.startRun(TEAM, ask('Why?', 'again'));
    const enough = new AbortController();
    const first = here.remote.watchRun(handle, { signal: enough.signal }).next();
    const waited = await Promise.race([
      first.then(() => 'seen'),
      new Promise((resolve) => setTimeout(() => resolve('waiting'), 1_500)),
    ]);
    expect(waited).toBe('waiting');
    enough.abort();
    expect((await first).done).toBe(true);
  });

  it('throws for a run that nobody started, and for one that was ended behind its back', async () => {
    const next = (run: string) => here.remote.watchRun(run).next();
    await expect(next('nobody')).rejects.toMatchObject({ kind: 'not_found' });
    await here.remote.startRun(TEAM, ask('Why?', 'killed'));
    await here.temporal.workflow.getHandle('killed').terminate();
    await expect(next('killed')).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('terminated'),
    });
  });
});

describe('decisions', () => {
  it('are refused with a reason where nothing, or more than one thing, is asked', async () => {
    const { happen } = await recordRun(here.ledger.ledger, 'asks', { namespace: here.namespace });
    const decide = () => here.remote.decide('asks', { decision: 'stop' });
    await expect(decide()).rejects.toMatchObject({ kind: 'conflict' });
    const asked = (id: string): RunEventBody => ({
      type: 'review_opened',
      review: {
        id,
        kind: 'operator',
        phase: 'research',
        reason: 'billing',
        digest: SOME_DIGEST,
        options: ['resume', 'stop'],
      },
    });
    await happen(asked('r1'), asked('r2'));
    await expect(decide()).rejects.toMatchObject({
      kind: 'bad_input',
      message: expect.stringMatching(/r1, r2/),
    });
    await expect(here.remote.decide('nobody', { decision: 'stop' })).rejects.toMatchObject({
      kind: 'not_found',
    });
  });
});
