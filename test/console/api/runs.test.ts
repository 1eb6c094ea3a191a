import { putJson } from '../../../contracts/content';
import { RunView } from '../../../contracts/views';
import { closingOf, recordEvents } from '../../support/test-ledger';
import { ask } from './ask';
import { type RecordedRun, recordRun, SOME_DIGEST } from './recorded-run';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
let first: RecordedRun;
beforeAll(async () => {
  here = await serveTestInstallation();
  const { ledger } = here.ledger;
  first = await recordRun(ledger, 'a:1@x', { user: 'u1' });
  await recordRun(ledger, 'b', { user: 'u2' });
  await recordRun(ledger, 'c', { user: 'u2', team: 'other' });
});
afterAll(() => here.close());

const at = (path: string) => `${here.api.url}/v1${path}`;
const ids = (body: { runs: { id: string }[] }) => body.runs.map(({ id }) => id);

describe('reading runs over HTTP', () => {
  it('lists them newest first, filtered, a page at a time', async () => {
    expect(ids((await ask(at('/runs'))).body)).toEqual(['c', 'b', 'a:1@x']);
    expect(ids((await ask(at('/runs?user=u2&team=test-team'))).body)).toEqual(['b']);
    expect(ids((await ask(at('/runs?status=completed'))).body)).toEqual([]);
    const page = (await ask(at('/runs?limit=2'))).body;
    expect(ids(page)).toEqual(['c', 'b']);
    const rest = (await ask(at(`/runs?limit=2&cursor=${page.cursor}`))).body;
    expect([ids(rest), rest.cursor]).toEqual([['a:1@x'], undefined]);
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'status=nothing', 'cursor=xyz', 'user=a%20b'])(
    'refuses %s with 400',
    async (query) => {
      const { status, body } = await ask(at(`/runs?${query}`));
      expect([status, body.errors[0].path]).toEqual([400, query.split('=')[0]]);
    },
  );

  it('shows a run whose key has signs that mean something in a path', async () => {
    const { status, body } = await ask(at(`/runs/${encodeURIComponent('a:1@x')}`));
    expect(status).toBe(200);
    expect(RunView.parse(body)).toMatchObject({ id: 'a:1@x', question: 'What of a:1@x?' });
  });

  it('answers 404 for a run that there is not, wherever it is asked for', async () => {
    for (const path of ['', '/result', '/trace', '/wait?revision=0&timeoutMs=0']) {
      const { status, body } = await ask(at(`/runs/nobody${path}`));
      expect([path, status, body.type]).toEqual([path, 404, 'urn:tuesday:not_found']);
    }
  });

  it('holds a long poll until the run changes, and no longer than asked', async () => {
    const wait = (revision: number, timeoutMs: number) =>
      ask(at(`/runs/b/wait?revision=${revision}&timeoutMs=${timeoutMs}`));
    const { revision } = (await ask(at('/runs/b'))).body;
    const early = await wait(revision, 50);
    expect([early.status, early.body.revision]).toEqual([200, revision]);

    const changed = wait(revision, 30_000);
    const { ledger } = here.ledger;
    await recordEvents(ledger, { namespace: 'default', workflowId: 'b', firstRunId: 'first-b' }, [
      {
        type: 'phase_started',
        phase: 'research',
        round: 1,
        allowanceMicroUsd: 9,
        version: 2,
        at: Date.now(),
      },
    ]);
    expect((await changed).body.phases[0]).toMatchObject({ name: 'research', status: 'running' });
  });

  it('says that a run has not ended, then gives its result', async () => {
    const early = await ask(at('/runs/c/result'));
    expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining('not ended')]);
    const { ledger } = here.ledger;
    const run = { namespace: 'default', workflowId: 'c', firstRunId: 'first-c' };
    await recordEvents(ledger, run, [
      { type: 'run_ended', status: 'stopped', version: 2, at: Date.now() },
    ]);
    const result = { run: 'c', answer: [1, 2] };
    const resultSha256 = await putJson(ledger.content, result);
    await ledger.closeRun(closingOf(run, 'stopped', { resultSha256 }));
    expect((await ask(at('/runs/c/result'))).body).toEqual(result);
  });

  it('traces invocations, finds them across runs, and shows what a model was given', async () => {
    await first.happen({
      type: 'phase_started',
      phase: 'research',
      round: 1,
      allowanceMicroUsd: 9_000,
    });
    await first.takeModelStep(1, { text: 'one' });
    await first.takeModelStep(2, { text: 'two' });
    const { body } = await ask(at('/runs/a:1@x/trace'));
    expect(body.steps.map(({ turn }: { turn: number }) => turn)).toEqual([1, 2]);
    const { requestSha256 } = body.steps[1];
    expect((await ask(at(`/requests/${requestSha256}`))).body).toEqual({ asked: 2 });

    const found = (await ask(at('/invocations?kind=model&name=some-model&limit=1'))).body;
    expect(found.invocations).toMatchObject([{ run: 'a:1@x', turn: 2, costMicroUsd: 600 }]);
    expect((await ask(at('/invocations?kind=tool'))).body.invocations).toEqual([]);
    expect((await ask(at('/invocations?failed=true'))).body.invocations).toEqual([]);
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await ask(at(`/invocations?since=${later}`))).body.invocations).toEqual([]);
    expect((await ask(at('/invocations?since=yesterday'))).status).toBe(400);
    expect((await ask(at(`/requests/${SOME_DIGEST}`))).status).toBe(404);
  });

  it('counts recoveries across runs', async () => {
    const { happen } = await recordRun(here.ledger.ledger, 'd');
    await happen({
      ...{ type: 'recovery_taken', phase: 'research', count: 2 },
      ...{ failure: 'check_failed', action: 'check_report' },
    });
    const counted = {
      point: 'handoff',
      failure: 'check_failed',
      action: 'check_report',
      count: 2,
      runs: 1,
      lastAt: expect.any(String),
    };
    const lastWeek = new Date(Date.now() - 7 * 86_400_000);
    const path = `/recoveries?since=${lastWeek.toISOString()}&team=test-team`;
    expect((await ask(at(path))).body).toEqual({ recoveries: [counted] });
    for (const tuesday of [here.remote, here.local]) {
      expect(await tuesday.recoveries({ since: lastWeek, team: 'test-team' })).toEqual([counted]);
      expect(await tuesday.recoveries()).toEqual([counted]);
    }
    for (const none of [`?since=${new Date(Date.now() + 60_000).toISOString()}`, '?team=other'])
      expect((await ask(at(`/recoveries${none}`))).body).toEqual({ recoveries: [] });
    expect((await ask(at('/recoveries?since=yesterday'))).status).toBe(400);
  });
});
