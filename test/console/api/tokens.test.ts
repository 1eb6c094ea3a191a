import { randomBytes } from 'node:crypto';
import { createMachineKey } from '../../../contracts/machine-key';
import { ask } from './ask';
import { serveTestInstallation } from './served-api';
import { type SignedInInstallation, serveSignedIn } from './signed-in';

let here: SignedInInstallation;
beforeAll(async () => {
  here = await serveSignedIn();
});
afterAll(() => here.close());

const refusal = async (bearer: string | undefined) => {
  const { status, headers, body } = await here.as(bearer)('/runs');
  expect(headers.get('content-type')).toBe('application/problem+json');
  return { status, header: headers.get('www-authenticate'), detail: body.detail as string };
};

describe('API tokens', () => {
  it('are shown once, and open what their roles may use', async () => {
    const made = await here.tokenFor('ann', ['viewer'], { name: 'nightly', days: 2 });
    expect(made.token).toMatch(/^tdy_[\w-]{43}$/);
    const list = await here.as(here.machine.mint())('/tokens');
    const { token, ...view } = made;
    expect(list.body.tokens).toContainEqual(view);
    expect(JSON.stringify(list.body)).not.toContain(token);
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBeCloseTo(2 * 86_400_000, -5);
    expect((await here.as(token)('/runs')).status).toBe(200);
    expect((await here.as(token)('/session')).body).toEqual({
      id: 'ann',
      roles: ['viewer'],
      groups: [],
      confined: false,
      mode: 'required',
    });
    const refused = await here.as(token)('/tokens');
    expect(refused.status).toBe(403);
    expect(refused.body.detail).toBe('This needs the role admin: you have viewer.');
  });

  it('are kept as digests alone', async () => {
    const { token } = await here.tokenFor('ann', ['viewer']);
    const rows = await here.rows('SELECT t::text AS row FROM tokens t');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(rows)).not.toContain(token.slice(4));
  });

  it('are refused with a sentence of its own for each reason', async () => {
    const admin = here.as(here.machine.mint());
    const revoked = await here.tokenFor('ann', ['viewer'], { name: 'gone' });
    expect((await here.as(revoked.token)('/runs')).status).toBe(200);
    expect((await admin(`/tokens/${revoked.id}`, 'DELETE')).body).toMatchObject({
      id: revoked.id,
      revokedBy: 'local',
    });
    const expired = await here.tokenFor('ann', ['viewer'], { name: 'old' });
    await here.rows(`UPDATE tokens SET expires_at = now() WHERE token_id = '${expired.id}'`);

    const reasons: [string | undefined, RegExp][] = [
      [undefined, /^Nobody is signed in/],
      [revoked.token, /^The token "gone" was revoked at 2/],
      [expired.token, /^The token "old" expired at 2/],
      [`tdy_${'a'.repeat(43)}`, /does not know the token/],
      ['tdy_abc', /not whole/],
      ['rubbish', /no token of Tuesday/],
      [createMachineKey(randomBytes(32)).mint(), /key of this machine/],
      [createMachineKey(Buffer.alloc(32), () => 0).mint(), /key of this machine/],
    ];
    for (const [bearer, sentence] of reasons) {
      const { status, header, detail } = await refusal(bearer);
      expect([status, detail]).toEqual([401, expect.stringMatching(sentence)]);
      expect(header).toBe(
        bearer === undefined
          ? 'Bearer realm="Tuesday"'
          : 'Bearer realm="Tuesday", error="invalid_token"',
      );
    }
    const basic = await ask(`${here.api.url}/v1/runs`, {
      headers: { authorization: 'Basic YTpi' },
    });
    expect([basic.status, basic.body.detail]).toEqual([401, expect.stringMatching(/"Bearer"/)]);
  });

  it('are revoked once: who did it first stays', async () => {
    const { id } = await here.tokenFor('ann', ['viewer']);
    const { token } = await here.tokenFor('root', ['admin']);
    const first = await here.as(token)(`/tokens/${id}`, 'DELETE');
    const second = await here.as(here.machine.mint())(`/tokens/${id}`, 'DELETE');
    expect(first.body).toMatchObject({ revokedBy: 'root' });
    expect(second.body).toEqual(first.body);
    expect((await here.as(token)('/tokens/nobody', 'DELETE')).status).toBe(404);
  });

  it('say when they were last used, to the hour', async () => {
    const { token, id } = await here.tokenFor('ann', ['viewer']);
    await here.as(token)('/runs');
    const { body } = await here.as(here.machine.mint())('/tokens');
    const { lastUsedAt } = body.tokens.find((made: { id: string }) => made.id === id);
    expect(lastUsedAt).toMatch(/:00:00.000Z$/);
    expect(Date.now() - Date.parse(lastUsedAt)).toBeLessThan(2 * 3_600_000);
  });

  it('cannot be made of nonsense', async () => {
    const make = async (body: object) =>
      (await here.as(here.machine.mint())('/tokens', 'POST', body)).status;
    const good = { name: 'x', user: 'ann', roles: ['viewer'] };
    expect(await make({ ...good, roles: [] })).toBe(400);
    expect(await make({ ...good, roles: ['king'] })).toBe(400);
    expect(await make({ ...good, user: 'a b' })).toBe(400);
    expect(await make({ ...good, days: 10_000 })).toBe(400);
    expect(await make({ ...good, roles: ['admin'], confined: true })).toBe(400);
    expect(await make({ ...good, token: 'tdy_mine' })).toBe(400);
  });

  it('are in the audit log with who made and who revoked them', async () => {
    const { id } = await here.tokenFor('ann', ['viewer']);
    const { token } = await here.tokenFor('root', ['admin']);
    await here.as(token)(`/tokens/${id}`, 'DELETE');
    const entries = await here.rows<{ entry: string }>(
      `SELECT entry FROM audit_log WHERE entry LIKE '%${id}%' ORDER BY sequence`,
    );
    const actions = entries.map(({ entry }) => JSON.parse(entry));
    expect(actions).toMatchObject([{ action: 'token_created' }, { action: 'token_revoked' }]);
    expect(actions[1]).toMatchObject({ verified: true, role: 'admin' });
  });
});

it('nobody signs in where access is local', async () => {
  const local = await serveTestInstallation();
  try {
    const { body } = await ask(`${local.api.url}/v1/session`);
    expect(body).toMatchObject({
      id: 'local',
      mode: 'local',
      roles: expect.arrayContaining(['admin']),
    });
  } finally {
    await local.close();
  }
});
