import { type RecordedRun, recordRun } from './recorded-run';
import { type SignedInInstallation, serveSignedIn } from './signed-in';

let here: SignedInInstallation;
let open: RecordedRun;
beforeAll(async () => {
  here = await serveSignedIn();
  open = await recordRun(here.ledger.ledger, 'open', { namespace: here.namespace });
  const over = await recordRun(here.ledger.ledger, 'over', { namespace: here.namespace });
  await over.happen({ type: 'run_ended', status: 'stopped' });
});
afterAll(() => here.close());

const operator = async () => here.as((await here.tokenFor('ann', ['operator'])).token);

it.each<[string, string, object, number, RegExp]>([
  ['an unknown run', '/runs/nobody/pause', {}, 404, /There is no run "nobody"/],
  ['a run that has ended', '/runs/over/stop', {}, 409, /"over" has ended \(stopped\)/],
  ['the resumption of one', '/runs/over/resume', {}, 409, /"over" has ended \(stopped\)/],
  ['a run that is not paused', '/runs/open/resume', {}, 409, /"open" is not paused/],
  ['an unknown field', '/runs/open/pause', { why: 'x' }, 400, /why/],
  ['an empty reason', '/runs/open/pause', { reason: ' ' }, 400, /reason/],
  ['another speaker', '/runs/open/pause', { actor: 'bob' }, 403, /cannot speak for "bob"/],
  ['a scope without a name', '/switches', { scope: 'user', mode: 'stop' }, 400, /name must be/],
  ['an unknown scope', '/switches', { scope: 'all', mode: 'stop' }, 400, /scope/],
  [
    'a name of everything',
    '/switches',
    { scope: 'installation', name: 'x', mode: 'stop' },
    400,
    /name must be .* absent for "installation"/,
  ],
  ['no mode', '/switches', { scope: 'user', name: 'x' }, 400, /mode/],
  ['everything', '/switches', { scope: 'installation', mode: 'stop' }, 403, /needs the role admin/],
  [
    'what is not on',
    '/switches/off',
    { scope: 'tool', name: 'fetch_url' },
    409,
    /No switch is on for the tool "fetch_url"/,
  ],
])('refuses an operator %s', async (_what, path, body, status, detail) => {
  const answer = await (await operator())(path, 'POST', body);
  expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(detail)]);
});

it('sets, lists and turns off, with who did it and why', async () => {
  const as = await operator();
  const on = { scope: 'model', name: 'claude-haiku-5-5', mode: 'stop', reason: 'too dear' };
  expect((await as('/switches', 'POST', on)).body).toMatchObject({
    applied: true,
    switch: { ...on, by: 'ann' },
  });
  expect((await as('/switches', 'POST', on)).body.applied).toBe(false);
  expect((await as('/switches')).body.switches).toMatchObject([on]);
  const { scope, name } = on;
  await as('/switches/off', 'POST', { scope, name, reason: 'cheaper now' });
  expect((await as('/switches')).body).toEqual({ switches: [] });
  const [past] = (await as('/switches?past=true')).body.switches;
  expect(past).toMatchObject({ ...on, off: { by: 'ann', reason: 'cheaper now' } });
});

it('shows of a run who holds it up, and takes a switch id once', async () => {
  const as = await operator();
  const paused = await as('/runs/open/pause', 'POST', { switchId: 'p-1' });
  expect(paused).toMatchObject({ status: 200, body: { applied: true, told: 0 } });
  const { id: switchId, scope, mode, by } = paused.body.switch;
  await open.happen({ type: 'run_held', heldBy: { switchId, scope, mode, by } });
  const held = { id: 'p-1', scope: 'run', name: 'open', by: 'ann' };
  expect((await as('/runs/open')).body).toMatchObject({ status: 'paused', heldBy: held });
  const { runs } = (await as('/runs')).body;
  expect(runs.find(({ id }: { id: string }) => id === 'open').heldBy).toMatchObject(held);
  expect((await as('/runs/open/pause', 'POST', { switchId: 'p-1' })).body.applied).toBe(false);
  expect((await as('/runs/open/resume', 'POST', {})).body).not.toHaveProperty('heldBy');
});
