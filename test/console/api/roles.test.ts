import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { securityPage } from '../../../console/api/security-page';
import { ROLE_WORDS, ROLES, type Role } from '../../../contracts/access';
import { ask } from './ask';
import { describedApi } from './described-api';
import { recordRun } from './recorded-run';
import { type As, type SignedInInstallation, serveSignedIn } from './signed-in';

const PAGE = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'security.md'), 'utf8');

/** The rows of the table, as a reader of the page has them. */
const ENDPOINTS = PAGE.split('\n')
  .filter((line) => /^\| `[A-Z]+ \//.test(line))
  .map((line) => {
    const [endpoint = '', anyone, ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [method = '', path = ''] = endpoint.replaceAll('`', '').split(' ');
    const allowed = new Set<Role>(ROLES.filter((_, index) => cells[index] === 'yes'));
    return { method, path, anyone: anyone === 'yes', allowed, confined: cells[ROLES.length] };
  });

describe('the table of docs/security.md', () => {
  it('is what the routes say now (npm run docs)', () => {
    expect(PAGE).toBe(securityPage(PAGE, describedApi()));
  });

  it('has every endpoint', async () => {
    const paths = describedApi().paths ?? {};
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(ENDPOINTS.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      operations.sort(),
    );
  });

  it('has a line for each role', () => {
    for (const role of Object.keys(ROLE_WORDS)) expect(PAGE).toContain(`| \`${role}\` |`);
  });
});

describe('over HTTP', () => {
  let here: SignedInInstallation;
  const by = new Map<Role, As>();
  let confined: As;
  beforeAll(async () => {
    const often = { atOnce: 10_000, perSecond: 1_000 };
    here = await serveSignedIn({ requests: often, failures: often });
    for (const role of ROLES)
      by.set(role, here.as((await here.tokenFor(`a-${role}`, [role])).token));
    const most = ROLES.filter((role) => role !== 'admin');
    confined = here.as((await here.tokenFor('ann', most, { confined: true })).token);
    for (const user of ['ann', 'bob'])
      await recordRun(here.ledger.ledger, `of-${user}`, { namespace: here.namespace, user });
  });
  afterAll(() => here.close());

  const VALUES: Record<string, string> = {
    sha256: '0'.repeat(64),
    name: 'report',
    reviewId: 'r',
    id: 'of-nobody',
  };
  const pathOf = (path: string, id = 'of-nobody'): string =>
    path
      .replace(/^\/v1/, '')
      .replace(/\{(\w+)\}/g, (_, name: string) => (name === 'id' ? id : (VALUES[name] ?? name)));
  /** Bodies are such as nobody can take, so that nothing is changed by whoever may. */
  const send = (as: As, method: string, path: string) =>
    as(path, method, method === 'POST' ? { nonsense: true } : undefined);

  it.each(ENDPOINTS)('$method $path lets those in whom the table lets in', async (endpoint) => {
    const { method, path, anyone, allowed } = endpoint;
    const nobody = await send(here.as(undefined), method, pathOf(path));
    // A sign-in with nonsense is refused for what it is.
    expect([nobody.status === 401, anyone]).toEqual([!anyone, anyone]);
    for (const [role, as] of by) {
      const { status, body } = await send(as, method, pathOf(path));
      const isRefused = status === 403 && /^This needs the role /.test(body.detail);
      expect([role, isRefused, status]).toEqual([role, !allowed.has(role), status]);
      if (allowed.has(role)) expect([role, [401, 403].includes(status)]).toEqual([role, false]);
    }
  });

  it.each(ENDPOINTS.filter(({ path }) => path.startsWith('/v1/runs/{id}')))(
    '$method $path finds no run of somebody else',
    async ({ method, path, confined: finds }) => {
      expect(finds).toBe('their own runs');
      const others = await send(confined, method, pathOf(path, 'of-bob'));
      const none = await send(confined, method, pathOf(path, 'of-nobody'));
      expect([others.status, others.body.detail]).toEqual([404, 'There is no run "of-bob" here.']);
      expect(none.body).toEqual(
        JSON.parse(JSON.stringify(others.body).replaceAll('of-bob', 'of-nobody')),
      );
      const own = await send(confined, method, pathOf(path, 'of-ann'));
      expect(own.body?.detail).not.toBe('There is no run "of-ann" here.');
    },
  );

  it.each(ENDPOINTS.filter(({ path, anyone }) => !anyone && !path.startsWith('/v1/runs/{id}')))(
    '$method $path is open to who is confined as the table says: $confined',
    async ({ method, path, allowed, confined: finds }) => {
      const { status, body } = await send(confined, method, pathOf(path));
      const isKeptOut = status === 403 && /own runs alone|needs the role admin/.test(body.detail);
      const isForAdmins = [...allowed].every((role) => role === 'admin');
      expect([isKeptOut, status]).toEqual([finds === 'no' || isForAdmins, status]);
    },
  );

  it('describes itself to everybody', async () => {
    expect((await ask(`${here.api.url}/openapi.json`)).status).toBe(200);
  });
});
