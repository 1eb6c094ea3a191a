import fc from 'fast-check';
import { putJson, putText, sha256Of } from '../../contracts/content';
import { UserError } from '../../contracts/errors';
import type { RunEventBody } from '../../contracts/run-state';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
import {
  begin,
  claimOf,
  closingOf,
  eventsOf,
  failureOf,
  openRun,
  openTestLedger,
  outcomeOf,
  recordEvents,
  roundOf,
  type TestLedger,
  toolClaimOf,
} from '../support/test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

describe('the view of a run', () => {
  it('shows where it stands, what it cost, what is under way, and what a person is asked', async () => {
    const { content } = test.ledger;
    const run = await openRun(test, {
      workflowId: 'seen',
      user: 'u-1',
      inputSha256: await putJson(content, { question: 'What of it?' }),
    });
    const detailSha256 = await putText(content, 'Two rounds were not enough.');
    await recordEvents(
      test.ledger,
      run,
      eventsOf(
        1,
        { type: 'run_opened', budgetMicroUsd: 1_000_000, phases: ['research', 'writing'] },
        { type: 'phase_started', phase: 'research', round: 1, allowanceMicroUsd: 500_000 },
        {
          type: 'output_accepted',
          phase: 'research',
          output: OTHER_SHA256,
          confidence: {
            stated: 0.9,
            corrected: 0.72,
            because: [{ kind: 'source_unavailable', count: 1 }],
          },
          categories: { personal: ['detected email address'] },
          limitations: [{ kind: 'review_unresolved', phase: 'research', detailSha256 }],
          spend: { settledMicroUsd: 60, unsettledMicroUsd: 0 },
        },
        {
          type: 'review_opened',
          review: {
            id: 'research-4',
            kind: 'approval',
            phase: 'research',
            reason: 'always',
            digest: OTHER_SHA256,
            effects: [{ tool: 'publish_file', inputSha256: SOME_SHA256 }],
            reportSha256: SOME_SHA256,
            options: ['approve', 'stop'],
          },
        },
      ),
    );
    const round = roundOf(run);
    const fence = await begin(test, round);
    const model = claimOf(round, fence);
    await test.ledger.claimStep(model);
    const usage = { inputTokens: 10, outputTokens: 20, cacheWriteTokens: 30, cacheReadTokens: 40 };
    await test.ledger.recordOutcome(outcomeOf(model, 'answer', { usage }));
    await test.ledger.claimStep(toolClaimOf(round, fence, 2, 'search_documents'));
    await test.ledger.claimStep(claimOf(round, fence, { turn: 3, reserveMicroUsd: 77 }));

    expect(await test.reader.getRun('seen')).toEqual({
      id: 'seen',
      firstRunId: 'first-seen',
      recoveries: [],
      decisions: [],
      team: 'test',
      version: '1.0.0',
      user: 'u-1',
      status: 'waiting_for_review',
      provider: 'nobody',
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      changedAt: new Date(1_700_000_000_004).toISOString(),
      budgetMicroUsd: 1_000_000,
      spend: { settledMicroUsd: 60, unsettledMicroUsd: 77 },
      stateVersion: 4,
      revision: 4 + 3 + 1, // events, calls begun, calls ended
      explanation: expect.stringMatching(/asked to approve the output of research/),
      question: 'What of it?',
      phases: [
        {
          name: 'research',
          status: 'waiting',
          since: new Date(1_700_000_000_004).toISOString(),
          round: 1,
          spend: { settledMicroUsd: 60, unsettledMicroUsd: 77 },
          allowanceMicroUsd: 500_000,
          outputSha256: OTHER_SHA256,
          confidence: { stated: 0.9, corrected: 0.72, because: ['a source was unavailable'] },
          categories: { personal: ['detected email address'] },
          steps: { model: 1, tool: 0 },
          current: expect.arrayContaining([
            { kind: 'tool', name: 'search_documents', since: expect.any(String), failedTries: 0 },
            { kind: 'model', name: 'some-model', since: expect.any(String), failedTries: 0 },
          ]),
          recoveries: [],
          retrying: [],
          waitsFor: 'a person’s approval (research-4)',
          next: expect.stringMatching(/^approve → publish_file .*; stop → /),
        },
        {
          name: 'writing',
          status: 'pending',
          round: 0,
          spend: { settledMicroUsd: 0, unsettledMicroUsd: 0 },
          allowanceMicroUsd: 0,
          steps: { model: 0, tool: 0 },
          current: [],
          recoveries: [],
          retrying: [],
          waitsFor: expect.any(String),
          next: expect.any(String),
        },
      ],
      reviews: [
        {
          id: 'research-4',
          kind: 'approval',
          phase: 'research',
          reason: 'always',
          explanation: expect.stringMatching(/approve/),
          digest: OTHER_SHA256,
          effects: [{ tool: 'publish_file', inputSha256: SOME_SHA256 }],
          reportSha256: SOME_SHA256,
          options: ['approve', 'stop'],
          quorum: 1,
          approvedBy: [],
          groups: [],
          notStarter: false,
          delegations: [],
          openedAt: new Date(1_700_000_000_004).toISOString(),
        },
      ],
      limitations: [
        { kind: 'review_unresolved', phase: 'research', detail: 'Two rounds were not enough.' },
      ],
      next: 'now research → writing → the run completes with limitations',
      unavailableDocuments: [],
      skippedFiles: [],
      tokens: { input: 80, output: 20 },
      teamSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      inputSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });

    await test.ledger.closeRun(closingOf(run, 'stopped'));
    expect(await test.reader.getRun('seen')).toMatchObject({
      status: 'stopped',
      resultSha256: SOME_SHA256,
      endedAt: expect.any(String),
    });
  });

  it('shows which step failed how often and is tried again, and none of an earlier round', async () => {
    const run = await openRun(test);
    const started = (round: number): RunEventBody => ({
      type: 'phase_started',
      phase: 'research',
      round,
      allowanceMicroUsd: 1_000,
    });
    const opened: RunEventBody = {
      type: 'run_opened',
      budgetMicroUsd: 1_000_000,
      phases: ['research'],
    };
    await recordEvents(test.ledger, run, eventsOf(1, opened, started(1)));
    const fail = async (round: number) => {
      const id = roundOf(run, { round });
      const claim = claimOf(id, await begin(test, id));
      await test.ledger.claimStep(claim);
      await test.ledger.failCall(failureOf(claim));
    };
    const phaseNow = async () => (await test.reader.getRun(run.workflowId))?.phases[0];
    await fail(1);
    expect(await phaseNow()).toMatchObject({
      status: 'running',
      since: new Date(1_700_000_000_002).toISOString(),
      current: [],
      retrying: [{ kind: 'model', name: 'some-model', failedTries: 1, failure: 'overloaded' }],
      waitsFor: 'some-model, which failed once (overloaded), to be tried again',
    });
    await recordEvents(test.ledger, run, eventsOf(3, started(2)));
    expect(await phaseNow()).toMatchObject({ round: 2, retrying: [] });
  });

  it('lists the documents that could not be read or were left out', async () => {
    const run = await openRun(test);
    const unavailable = [{ name: 'a.pdf', reason: 'is encrypted' }];
    const skipped = [{ name: 'b.bin', reason: 'is of no known kind' }];
    const documentsSha256 = await putJson(test.ledger.content, {
      documents: [],
      unavailable,
      skipped,
    });
    await recordEvents(
      test.ledger,
      run,
      eventsOf(
        1,
        { type: 'run_opened', budgetMicroUsd: 1_000_000, phases: [] },
        { type: 'documents_ingested', documentsSha256, documents: 0, unavailable: 1 },
      ),
    );
    expect(await test.reader.getRun(run.workflowId)).toMatchObject({
      unavailableDocuments: unavailable,
      skippedFiles: skipped,
    });
  });

  it('is of the newest run of its key, and of none for a key that nobody used', async () => {
    const first = await openRun(test, { workflowId: 'twice' });
    await test.ledger.closeRun(closingOf(first, 'failed'));
    await openRun(test, { run: { ...first, firstRunId: 'second' } });
    expect(await test.reader.getRun('twice')).toMatchObject({ firstRunId: 'second' });
    expect(await test.reader.getRun('nobody')).toBeUndefined();
  });

  it('counts more tokens than an integer holds', async () => {
    const run = await openRun(test);
    const round = roundOf(run);
    const fence = await begin(test, round);
    const usage = {
      inputTokens: 2_000_000_000,
      outputTokens: 2_000_000_000,
      cacheWriteTokens: 0,
      cacheReadTokens: 2_000_000_000,
    };
    for (const turn of [1, 2]) {
      const claim = claimOf(round, fence, { turn });
      await test.ledger.claimStep(claim);
      await test.ledger.recordOutcome(outcomeOf(claim, turn, { usage }));
    }
    const view = await test.reader.getRun(run.workflowId);
    expect(view?.tokens).toEqual({ input: 8_000_000_000, output: 4_000_000_000 });
  });
});

describe('lists of runs', () => {
  const ids = (page: { runs: { id: string }[] }) => page.runs.map(({ id }) => id);

  it('are filtered by status, team and user, newest first', async () => {
    const named = (workflowId: string, user: string) => openRun(test, { workflowId, user });
    await named('f1', 'ann');
    const done = await named('f2', 'ann');
    await named('f3', 'bob');
    await test.ledger.closeRun(closingOf(done, 'completed'));
    const list = async (filter: object) =>
      ids(await test.reader.listRuns({ limit: 50, ...filter }));
    expect(await list({ user: 'ann' })).toEqual(['f2', 'f1']);
    expect(await list({ user: 'ann', status: 'completed' })).toEqual(['f2']);
    expect(await list({ user: 'bob', team: 'test', status: 'queued' })).toEqual(['f3']);
    expect(await list({ team: 'other' })).toEqual([]);
  });

  it('come in pages that hold each run once, also where many began in the same millisecond', async () => {
    const user = 'pages';
    for (let index = 0; index < 25; index++)
      await openRun(test, { workflowId: `page-${index}`, user });
    // All within two milliseconds, microseconds apart.
    await test.rows(
      `UPDATE runs SET started_at = '2026-01-01T00:00:00Z'::timestamptz
         + (random() * 1999) * interval '1 microsecond' WHERE user_id = $1`,
      [user],
    );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await test.reader.listRuns({ user, limit: 4, ...(cursor ? { cursor } : {}) });
      expect(page.runs.length).toBeLessThanOrEqual(4);
      seen.push(...ids(page));
      cursor = page.cursor;
      // A run that begins while somebody turns pages is on none of the later ones.
      await openRun(test, { user });
    } while (cursor);
    expect(seen).toHaveLength(25);
    expect([...seen].sort()).toEqual(
      Array.from({ length: 25 }, (_, index) => `page-${index}`).sort(),
    );
  });

  it('name no next page on the last one', async () => {
    const user = 'last-page';
    for (let index = 0; index < 4; index++) await openRun(test, { user });
    expect(await test.reader.listRuns({ user, limit: 4 })).not.toHaveProperty('cursor');
    expect((await test.reader.listRuns({ user, limit: 3 })).cursor).toEqual(expect.any(String));
  });

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    'nonsense',
    '%%%',
    encoded('2026-01-01T00:00:00.000Z'),
    encoded({}),
    encoded(null),
    encoded([]),
    encoded([null, 'key']),
    encoded(['2026-13-01T00:00:00.000Z', 'key']),
    encoded(['+275760-09-13T00:00:00.000Z', 'key']),
    encoded(['2026-01-01T00:00:00.000Z', 5]),
    encoded(['2026-01-01T00:00:00.000Z', 'a\0b']),
    encoded(['2026-01-01T00:00:00.000Z', 'key', 'more']),
  ])('refuse the cursor %s in words', async (cursor) => {
    const error = await test.reader.listRuns({ limit: 5, cursor }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      kind: 'bad_input',
      field: 'cursor',
      message: expect.stringMatching(/take it from the page before/),
    });
  });

  it('answer any cursor with a page or with words', async () => {
    const value = fc.oneof(
      fc.string().map((text) => Buffer.from(text).toString('base64url')),
      fc.string({ minLength: 1 }),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc.tuple(fc.date({ noInvalidDate: true }), fc.string()).map(encoded),
    );
    await fc.assert(
      fc.asyncProperty(value, async (cursor) => {
        fc.pre(cursor !== '');
        const answer = await test.reader.listRuns({ limit: 1, cursor }).catch((error) => error);
        if (answer instanceof Error) expect(answer).toBeInstanceOf(UserError);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a request put together', () => {
  it('has the content of what it refers to in its place', async () => {
    const { content } = test.ledger;
    const answer = await putJson(content, { text: 'an answer' });
    const prompt = await putJson(content, { system: 'You research.', schemaSha256: answer });
    const request = await putJson(content, {
      promptSha256: prompt,
      turns: [{ answerSha256: answer }],
    });
    expect(await test.reader.composedRequest(request)).toEqual({
      prompt: { system: 'You research.', schema: { text: 'an answer' } },
      turns: [{ answer: { text: 'an answer' } }],
    });
  });

  it('leaves names as they are that are no artifacts of ours, as models write them', async () => {
    const value = { fileSha256: 'hello', otherSha256: sha256Of('nowhere'), numberSha256: 5 };
    const written = await putJson(test.ledger.content, value);
    expect(await test.reader.composedRequest(written)).toEqual(value);
  });

  it('shows a text as it is, and ends on references that go round', async () => {
    const { content } = test.ledger;
    expect(await test.reader.composedRequest(await putText(content, 'not JSON {'))).toBe(
      'not JSON {',
    );
    let nested = await putJson(content, { end: true });
    for (let depth = 0; depth < 10; depth++)
      nested = await putJson(content, { nextSha256: nested });
    expect(await test.reader.composedRequest(nested)).toEqual({
      next: { next: { next: { nextSha256: expect.any(String) } } },
    });
  });

  it('is not found where there is none', async () => {
    await expect(test.reader.composedRequest(sha256Of('nowhere'))).rejects.toMatchObject({
      kind: 'not_found',
    });
  });
});

describe('texts that cannot be stored', () => {
  it('are refused in words when a reader asks for them', async () => {
    await expect(test.reader.getRun('a\0b')).rejects.toMatchObject({ kind: 'bad_input' });
    await expect(test.reader.listRuns({ limit: 1, team: '\0' })).rejects.toBeInstanceOf(UserError);
  });
});
