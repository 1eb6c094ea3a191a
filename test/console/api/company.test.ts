import { base64url, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { createCompanySignIn } from '../../../console/api';
import type { SignIn } from '../../../console/api/who/sign-in';
import { CompanySignIn } from '../../../contracts/company-sign-in';
import { type CompanyServer, startCompany } from './company-sign-in';
import { serveSignedIn } from './signed-in';

let company: CompanyServer;
beforeEach(async () => {
  company = await startCompany();
});
afterEach(() => company.close());

const settingsOf = (changes: object = {}) =>
  CompanySignIn.parse({ issuer: company.issuer, audience: 'tuesday', ...changes });
const signInBy = (changes: object = {}): SignIn => createCompanySignIn(settingsOf(changes));
const refusal = (token: string, kind = 'unauthenticated') =>
  signInBy()(token).then(
    () => 'taken',
    (error) => {
      expect(error).toMatchObject({ name: 'UserError', kind });
      return error.message as string;
    },
  );
const SECOND = () => Math.floor(Date.now() / 1_000);

describe('a token of the company’s sign-in', () => {
  it('says who somebody is, what they may do and in which groups they are', async () => {
    const token = await company.sign({
      roles: ['reviewer', 'janitor', 'viewer'],
      groups: ['finance', 'Not One Of Ours'],
    });
    expect(await signInBy()(token)).toEqual({
      person: { id: 'ann', roles: ['reviewer', 'viewer'], groups: ['finance'], confined: false },
    });
  });

  it('is read by the claims and names that the company has', async () => {
    const signIn = signInBy({
      claims: { user: 'oid', roles: 'realm.roles', groups: 'https://example.com/groups' },
      roles: { 'tuesday-users': ['viewer', 'starter'], 'tuesday-ops': ['operator'] },
      groups: { 'Finance Reviewers': 'finance' },
      everyone: ['viewer'],
      confined: true,
    });
    const claims = {
      oid: 'u-17',
      realm: { roles: ['tuesday-users', 'admin', 'constructor'] },
      'https://example.com/groups': ['Finance Reviewers', 'finance'],
    };
    expect((await signIn(await company.sign(claims))).person).toEqual({
      id: 'u-17',
      roles: ['viewer', 'starter'],
      groups: ['finance'],
      confined: true,
    });
    const operator = await company.sign({ ...claims, realm: { roles: ['tuesday-ops'] } });
    expect((await signIn(operator)).person).toMatchObject({
      roles: ['viewer', 'operator'],
      confined: false,
    });
  });

  it('gives an opaque id to who has one that cannot be Tuesday’s, always the same', async () => {
    const of = async (sub: string) => (await signInBy()(await company.sign({ sub }))).person.id;
    expect(await of('auth0|abc')).toMatch(/^oidc-[0-9a-f]{32}$/);
    expect(await of('auth0|abc')).toBe(await of('auth0|abc'));
    expect(await of('auth0|abd')).not.toBe(await of('auth0|abc'));
  });

  it('is refused with a sentence of its own for each reason', async () => {
    const { privateKey: stranger } = await generateKeyPair('RS256');
    const [header = '', payload = '', signature = ''] = (await company.sign()).split('.');
    const changed = base64url.encode(
      JSON.stringify({
        ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
        roles: ['admin'],
      }),
    );
    // Whoever knows the public key must not sign with it as if it were a secret.
    const confused = await new SignJWT({ roles: ['admin'] })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .setIssuer(company.issuer)
      .setAudience('tuesday')
      .setSubject('ann')
      .setExpirationTime('1 hour')
      .sign(Buffer.from(JSON.stringify(company.publicKey()).padEnd(32)));
    const unsigned = new UnsecuredJWT({ roles: ['admin'] })
      .setIssuer(company.issuer)
      .setAudience('tuesday')
      .setSubject('ann')
      .setExpirationTime('1 hour')
      .encode();
    const reasons: [string, RegExp][] = [
      [await company.sign({ exp: SECOND() - 120 }), /has expired/],
      [await company.sign({ nbf: SECOND() + 120 }), /not valid yet/],
      [await company.sign({ aud: 'another' }), /"aud" is not Tuesday/],
      [await company.sign({ iss: 'https://evil.example' }), /of another sign-in/],
      [await company.sign({}, stranger), /signature .* is wrong/],
      [`${header}.${changed}.${signature}`, /signature .* is wrong/],
      [confused, /signed in a way that is not accepted/],
      [unsigned, /signed in a way that is not accepted/],
      ['a.b.c', /no whole token/],
    ];
    for (const [token, sentence] of reasons) expect(await refusal(token)).toMatch(sentence);
  });

  it('may be a minute early or late', async () => {
    for (const claims of [{ exp: SECOND() - 30 }, { nbf: SECOND() + 30 }])
      expect((await signInBy()(await company.sign(claims))).person.id).toBe('ann');
  });

  it('may be signed with a key that is new, for which it looks now and then', async () => {
    const signIn = createCompanySignIn(settingsOf(), 0);
    await signIn(await company.sign());
    await company.rotate();
    expect((await signIn(await company.sign())).person.id).toBe('ann');
    expect(company.asked()).toBe(2);
  });

  it('does not make it ask for keys at each token that names an unknown one', async () => {
    const signIn = createCompanySignIn(settingsOf(), 60_000);
    await signIn(await company.sign());
    const { privateKey } = await generateKeyPair('RS256');
    const unknown = await new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: 'nobody' })
      .setExpirationTime('1 hour')
      .sign(privateKey);
    for (let time = 0; time < 5; time += 1)
      await expect(signIn(unknown)).rejects.toMatchObject({
        kind: 'unauthenticated',
        message: expect.stringMatching(/does not name/),
      });
    expect(company.asked()).toBe(1);
  });

  it('cannot be checked while the sign-in is away, and can as soon as it is back', async () => {
    const signIn = signInBy();
    const token = await company.sign();
    company.answerWith(500);
    await expect(signIn(token)).rejects.toMatchObject({ kind: 'unavailable' });
    company.answerWith(200);
    expect((await signIn(token)).person.id).toBe('ann');
    const gone = createCompanySignIn(
      CompanySignIn.parse({ issuer: 'http://127.0.0.1:1', audience: 'tuesday' }),
    );
    await expect(gone(token)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/127\.0\.0\.1:1 does not give its keys/),
    });
  });

  it('opens the API and a session, as an API token does', async () => {
    const here = await serveSignedIn({ company: createCompanySignIn(settingsOf(), 0) });
    try {
      const token = await company.sign({ roles: ['viewer'] });
      const { body } = await here.as(token)('/session');
      expect(body).toMatchObject({ id: 'ann', roles: ['viewer'] });
      expect((await here.as(token)('/tokens')).status).toBe(403);
      expect((await here.as(undefined)('/session', 'POST', { token })).status).toBe(201);
      const nobody = await here.as(await company.sign({ roles: [] }))('/runs');
      expect([nobody.status, nobody.body.detail]).toEqual([
        403,
        'This needs the role viewer or admin: you have none.',
      ]);
      company.answerWith(503);
      await company.rotate();
      const unreachable = await here.as(await company.sign())('/runs');
      expect([unreachable.status, unreachable.body.type]).toEqual([503, 'urn:tuesday:unavailable']);
    } finally {
      await here.close();
    }
  });
});

describe('the settings of a sign-in', () => {
  it.each([
    ['an issuer without https', { issuer: 'http://login.example.com' }],
    ['no audience', { audience: undefined }],
    ['a role that there is not', { roles: { x: ['king'] } }],
    ['keys from anywhere without https', { jwksUrl: 'http://login.example.com/keys' }],
    ['a field that there is not', { secret: 'x' }],
  ])('cannot have %s', (_, changes) => {
    const good = { issuer: 'https://login.example.com', audience: 'tuesday' };
    expect(CompanySignIn.safeParse(good).success).toBe(true);
    expect(CompanySignIn.safeParse({ ...good, ...changes }).success).toBe(false);
  });
});
