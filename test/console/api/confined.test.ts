import { recordRun } from './recorded-run';
import { type As, type SignedInInstallation, serveSignedIn } from './signed-in';

let here: SignedInInstallation;
let ann: As;
let bob: As;
beforeAll(async () => {
  here = await serveSignedIn();
  const { ledger } = here.ledger;
  for (const [turn, user] of [
    [1, 'ann'],
    [2, 'bob'],
  ] as const) {
    const run = await recordRun(ledger, `of-${user}`, { namespace: here.namespace, user });
    await run.takeModelStep(turn, { answer: user });
  }
  ann = here.as(
    (await here.tokenFor('ann', ['viewer', 'starter', 'reviewer', 'operator'], { confined: true }))
      .token,
  );
  bob = here.as((await here.tokenFor('bob', ['viewer'])).token);
});
afterAll(() => here.close());

const idsOf = ({ body }: { body: { runs: { id: string }[] } }) =>
  body.runs.map(({ id }) => id).sort();

describe('a person who is confined to their own runs', () => {
  it('finds their own run, and not that of another, nor whether there is one', async () => {
    for (const [path, method, body] of [
      ['', 'GET'],
      ['/wait?revision=0&timeoutMs=0', 'GET'],
      ['/result', 'GET'],
      ['/trace', 'GET'],
      ['/events', 'GET'],
      ['/state', 'GET'],
      ['/rebuild', 'POST'],
      ['/fork', 'POST', { from: 'writing' }],
      ['/decisions', 'POST', { decision: 'approve' }],
    ] as const) {
      const others = await ann(`/runs/of-bob${path}`, method, body);
      const nobodys = await ann(`/runs/of-none${path}`, method, body);
      expect([path, others.status, others.body.detail]).toEqual([
        path,
        404,
        'There is no run "of-bob" here.',
      ]);
      expect(nobodys.body.detail).toBe('There is no run "of-none" here.');
      const own = await ann(`/runs/of-ann${path}`, method, body);
      expect(own.body.detail).not.toBe('There is no run "of-ann" here.');
    }
  });

  it('is shown nothing of the runs of others in lists', async () => {
    expect(idsOf(await bob('/runs'))).toEqual(['of-ann', 'of-bob']);
    expect(idsOf(await ann('/runs'))).toEqual(['of-ann']);
    expect(idsOf(await ann('/runs?user=ann'))).toEqual(['of-ann']);
    const refused = await ann('/runs?user=bob');
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('"ann"')]);
    const runsIn = async (as: As) =>
      (await as('/invocations')).body.invocations.map(({ run }: { run: string }) => run).sort();
    expect(await runsIn(bob)).toEqual(['of-ann', 'of-bob']);
    expect(await runsIn(ann)).toEqual(['of-ann']);
  });

  it('decides for nobody else', async () => {
    const decided = await ann('/runs/of-ann/decisions', 'POST', {
      decision: 'approve',
      reviewId: 'r',
      actor: 'bob',
    });
    expect([decided.status, decided.body.detail]).toEqual([
      403,
      'You are signed in as "ann" and cannot speak for "bob": leave actor out.',
    ]);
  });
});
