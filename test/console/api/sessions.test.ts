import { CSRF_HEADER } from '../../../contracts/session';
import { ask, askJson } from './ask';
import { recordRun } from './recorded-run';
import { serveTestInstallation } from './served-api';
import { type SignedInInstallation, serveSignedIn } from './signed-in';

let here: SignedInInstallation;
beforeAll(async () => {
  here = await serveSignedIn();
});
afterAll(() => here.close());

const url = () => `${here.api.url}/v1/session`;

async function signIn(token: string) {
  const { status, headers, body } = await askJson(url(), { token });
  expect(status).toBe(201);
  const setCookie = headers.get('set-cookie') ?? '';
  return { cookie: setCookie.split(';')[0] ?? '', setCookie, body };
}

describe('a session', () => {
  it('is opened with a token, as a cookie that pages cannot read or send from elsewhere', async () => {
    const { token } = await here.tokenFor('ann', ['reviewer'], { groups: ['finance'] });
    const { cookie, setCookie, body } = await signIn(token);
    expect(setCookie).toMatch(/; Path=\/;.*HttpOnly; SameSite=Strict$/);
    expect(setCookie).not.toContain(token);
    expect(body).toMatchObject({ id: 'ann', roles: ['reviewer'], groups: ['finance'] });
    const who = await ask(url(), { headers: { cookie } });
    expect(who.body).toEqual(body);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(7 * 3_600_000);
  });

  it('is not opened with what is no token', async () => {
    const { status, headers, body } = await askJson(url(), { token: `tdy_${'b'.repeat(43)}` });
    expect([status, body.detail]).toEqual([401, expect.stringMatching(/does not know/)]);
    expect(headers.get('set-cookie')).toBeNull();
  });

  it('changes something only with its CSRF token', async () => {
    const { token } = await here.tokenFor('oto', ['operator', 'starter']);
    const { cookie, body } = await signIn(token);
    const other = await signIn(token);
    await recordRun(here.ledger.ledger, 'csrf', { namespace: here.namespace });
    const store = (headers: Record<string, string>) =>
      ask(`${here.api.url}/v1/artifacts`, {
        method: 'POST',
        body: 'x',
        headers: { cookie, ...headers },
      });
    for (const headers of [{}, { [CSRF_HEADER]: 'x' }, { [CSRF_HEADER]: other.body.csrfToken }]) {
      const refused = await store(headers);
      expect([refused.status, refused.body.detail]).toEqual([
        403,
        expect.stringContaining(CSRF_HEADER),
      ]);
    }
    expect((await store({ [CSRF_HEADER]: body.csrfToken })).status).toBe(201);
    expect((await ask(`${here.api.url}/v1/runs/csrf`, { headers: { cookie } })).status).toBe(200);
  });

  it('is at its end for a copy of its cookie, too, when it was ended', async () => {
    const { token } = await here.tokenFor('ann', ['viewer']);
    const { cookie, body } = await signIn(token);
    const other = await signIn(token);
    const headers = { cookie, [CSRF_HEADER]: body.csrfToken };
    const ended = await ask(url(), { method: 'DELETE', headers });
    expect(ended.status).toBe(204);
    expect(ended.headers.get('set-cookie')).toMatch(/^tuesday_session=; Max-Age=0/);
    const refused = await ask(url(), { headers: { cookie } });
    expect([refused.status, refused.body.detail]).toEqual([
      401,
      expect.stringMatching(/at its end/),
    ]);
    expect((await ask(url(), { headers: { cookie: other.cookie } })).status).toBe(200);
  });

  it('is good for no longer than the token that it was opened with', async () => {
    const { token, id } = await here.tokenFor('ann', ['viewer'], { name: 'short' });
    const { cookie } = await signIn(token);
    await here.as(here.machine.mint())(`/tokens/${id}`, 'DELETE');
    const refused = await ask(url(), { headers: { cookie } });
    expect([refused.status, refused.body.detail]).toEqual([
      401,
      expect.stringMatching(/"short" was revoked/),
    ]);
  });

  it('cannot be made up, and nothing in it changed', async () => {
    const { token } = await here.tokenFor('ann', ['viewer']);
    const { cookie } = await signIn(token);
    const [name = '', value = ''] = cookie.split('=');
    const [text = '', mac = ''] = value.split('.');
    const content = JSON.parse(Buffer.from(text, 'base64url').toString());
    const changed = Buffer.from(
      JSON.stringify({ ...content, person: { ...content.person, roles: ['admin'] } }),
    ).toString('base64url');
    for (const forged of [`${changed}.${mac}`, `${text}.`, text, 'x', `${text}.${mac}x`]) {
      const refused = await ask(url(), { headers: { cookie: `${name}=${forged}` } });
      expect([refused.status, refused.body.detail]).toEqual([
        401,
        expect.stringMatching(/not one of ours/),
      ]);
    }
  });

  it('is not there where nobody signs in', async () => {
    const local = await serveTestInstallation();
    try {
      const { status, body } = await askJson(`${local.api.url}/v1/session`, { token: 'x' });
      expect([status, body.detail]).toEqual([409, expect.stringContaining('TUESDAY_ACCESS=local')]);
    } finally {
      await local.close();
    }
  });
});
