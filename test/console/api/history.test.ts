import { HistoryPage, StateAtVersion } from '../../../contracts/history';
import { ask } from './ask';
import { recordRun } from './recorded-run';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
  const run = await recordRun(here.ledger.ledger, 'r');
  await run.happen(
    { type: 'phase_started', phase: 'research', round: 1, allowanceMicroUsd: 9 },
    { type: 'run_ended', status: 'stopped' },
  );
});
afterAll(() => here.close());

const at = (path: string) => `${here.api.url}/v1/runs${path}`;

describe('the versions of a run over HTTP', () => {
  it('come a page at a time', async () => {
    const first = HistoryPage.parse((await ask(at('/r/events?limit=2'))).body);
    expect(first).toMatchObject({ stateVersion: 3, next: 2 });
    const rest = HistoryPage.parse((await ask(at('/r/events?after=2'))).body);
    expect(rest.entries.map(({ type }) => type)).toEqual(['run_ended']);
    expect(rest.next).toBeUndefined();
  });

  it('show the state as it was, and as it is', async () => {
    const then = StateAtVersion.parse((await ask(at('/r/state?at=2'))).body);
    expect(then).toMatchObject({ version: 2, stateVersion: 3, state: { status: 'running' } });
    expect((await ask(at('/r/state'))).body).toMatchObject({ version: 3 });
  });

  it('say which there are, in one sentence, where another is asked for', async () => {
    const { status, body } = await ask(at('/r/state?at=4'));
    expect([status, body.detail]).toEqual([
      404,
      'The run "r" has versions 1 to 3, so there is no version 4.',
    ]);
  });

  it.each([
    ['/r/state?at=x', 'at', 0, 2_147_483_647],
    ['/r/state?at=1.5', 'at', 0, 2_147_483_647],
    ['/r/state?at=1e20', 'at', 0, 2_147_483_647],
    ['/r/events?after=-1', 'after', 0, 2_147_483_647],
    ['/r/events?limit=201', 'limit', 1, 200],
    ['/r/wait?revision=x', 'revision', 0, Number.MAX_SAFE_INTEGER],
  ])('say in one sentence which numbers %s may have', async (path, name, min, max) => {
    const { status, body } = await ask(at(path));
    expect([status, body.detail]).toEqual([
      400,
      `The query of the request cannot be taken: ${name} must be a whole number from ${min} to ${max}.`,
    ]);
  });

  it('are those of a run that there is', async () => {
    for (const path of ['/nobody/events', '/nobody/state'])
      expect([path, (await ask(at(path))).status]).toEqual([path, 404]);
    for (const path of ['/r/events?after=-1', '/r/events?limit=0', '/r/state?at=1e20'])
      expect([path, (await ask(at(path))).status]).toEqual([path, 400]);
  });

  it('are the same through the client library, over HTTP and inside the process', async () => {
    for (const tuesday of [here.remote, here.local]) {
      const { entries } = await tuesday.history('r', { after: 1, limit: 1 });
      expect(entries.map(({ version }) => version)).toEqual([2]);
      expect((await tuesday.state('r', 1)).version).toBe(1);
      await expect(tuesday.state('r', 99)).rejects.toMatchObject({
        kind: 'not_found',
        message: expect.stringContaining('1 to 3'),
      });
      await expect(tuesday.history('nobody')).rejects.toMatchObject({ kind: 'not_found' });
    }
  });
});
