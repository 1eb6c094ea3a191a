import { createApiClient } from '../../../client/api';
import { createHttpReader } from '../../../client/http-reader';
import { ROLES_FIELD } from '../../../console/api/access';
import { ROLES } from '../../../contracts/access';
import { LedgerUnavailable } from '../../../contracts/errors';
import { ask } from './ask';
import { serveTestInstallation, type TestInstallation } from './served-api';

describe('the API as a whole', () => {
  let here: TestInstallation;
  beforeAll(async () => {
    here = await serveTestInstallation();
  });
  afterAll(() => here.close());

  it('describes every endpoint in OpenAPI 3.1', async () => {
    const { body } = await ask(`${here.api.url}/openapi.json`);
    expect(body.openapi).toBe('3.1.0');
    expect(body.info.version).toBe('1.2.3');
    expect(Object.keys(body.paths).sort()).toEqual([
      '/v1/artifacts',
      '/v1/artifacts/{sha256}',
      '/v1/audit',
      '/v1/audit/erase',
      '/v1/audit/verify',
      '/v1/events',
      '/v1/health',
      '/v1/installation',
      '/v1/invocations',
      '/v1/recoveries',
      '/v1/requests/{sha256}',
      '/v1/reviews',
      '/v1/runs',
      '/v1/runs/{id}',
      '/v1/runs/{id}/decisions',
      '/v1/runs/{id}/events',
      '/v1/runs/{id}/fork',
      '/v1/runs/{id}/pause',
      '/v1/runs/{id}/rebuild',
      '/v1/runs/{id}/result',
      '/v1/runs/{id}/resume',
      '/v1/runs/{id}/reviews/{reviewId}',
      '/v1/runs/{id}/state',
      '/v1/runs/{id}/stop',
      '/v1/runs/{id}/trace',
      '/v1/runs/{id}/wait',
      '/v1/runs/{id}/workflow',
      '/v1/session',
      '/v1/switches',
      '/v1/switches/off',
      '/v1/teams',
      '/v1/teams/validate',
      '/v1/teams/{name}',
      '/v1/tokens',
      '/v1/tokens/{id}',
    ]);
    expect(body.components.schemas).toHaveProperty('Problem');
    expect(body.components.schemas).toHaveProperty('Run.properties.phases');
  });

  it('says of every endpoint which roles may use it', async () => {
    const { body } = await ask(`${here.api.url}/openapi.json`);
    const operations = Object.values<Record<string, object>>(body.paths).flatMap((path) =>
      Object.values<ReturnType<typeof JSON.parse>>(path),
    );
    const isAllowed = (value: unknown) =>
      value === 'anyone' ||
      (Array.isArray(value) && value.length > 0 && value.every((role) => ROLES.includes(role)));
    const undeclared = operations.filter((operation) => !isAllowed(operation[ROLES_FIELD]));
    expect(undeclared.map(({ summary }) => summary)).toEqual([]);
    expect(body.paths['/v1/runs'].post[ROLES_FIELD]).toEqual(['starter']);
    expect(body.paths['/v1/runs'].post.responses).toHaveProperty('403');
    expect(body.paths['/v1/health'].get.responses).not.toHaveProperty('403');
  });

  it('says that it is well, and what a client needs', async () => {
    expect((await ask(`${here.api.url}/v1/health`)).body).toEqual({
      status: 'ok',
      version: '1.2.3',
      ledger: 'up',
      temporal: 'up',
      away: [],
      breakers: [],
      channels: [],
    });
    const { body } = await ask(`${here.api.url}/v1/installation`);
    expect(body).toMatchObject({ provider: 'nobody', temporal: { namespace: here.namespace } });
    expect(body.tools).toContain('search_documents');
  });

  it('answers 404 with a problem for a path that there is not', async () => {
    for (const path of ['/', '/v1', '/v1/nothing', '/v2/runs']) {
      const { status, headers, body } = await ask(here.api.url + path);
      expect([path, status]).toEqual([path, 404]);
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(body).toMatchObject({ type: 'about:blank', status: 404, detail: expect.any(String) });
    }
  });
});

describe('an API whose parts fail', () => {
  it('names what fails so often that it is hardly asked any more, and is well', async () => {
    const open = {
      kind: 'model' as const,
      name: 'some-model',
      failure: 'overloaded',
      failures: 5,
      openSince: '2026-11-21T09:00:00.000Z',
      nextTry: '2026-11-21T09:00:05.000Z',
    };
    const here = await serveTestInstallation((deps) => ({
      ...deps,
      reader: { ...deps.reader, openBreakers: async () => [open] },
    }));
    const health = await ask(`${here.api.url}/v1/health`);
    expect([health.status, health.body.status, health.body.breakers]).toEqual([200, 'ok', [open]]);
    const reader = createHttpReader(createApiClient(here.api.url));
    expect(await reader.openBreakers()).toEqual([open]);
    await here.close();
  });

  it('answers 503 while the ledger is down, and says so in its health', async () => {
    const down = () => Promise.reject(new LedgerUnavailable('gone'));
    const here = await serveTestInstallation((deps) => ({
      ...deps,
      reader: { ...deps.reader, openBreakers: down, getRun: down },
    }));
    const { status, body } = await ask(`${here.api.url}/v1/runs/x`);
    expect([status, body.type]).toEqual([503, 'urn:tuesday:unavailable']);
    const health = await ask(`${here.api.url}/v1/health`);
    expect([health.status, health.body.ledger]).toEqual([503, 'down']);
    expect(here.logged).toEqual([]);
    await here.close();
  });

  it.each([
    ['ledger', { ledger: 'down', temporal: 'up' }],
    ['temporal', { ledger: 'up', temporal: 'down' }],
  ] as const)('says within 2 s that its %s is frozen, and asks that once', async (part, said) => {
    let asked = 0;
    const frozen = () => {
      asked++;
      return new Promise<never>(() => {});
    };
    const here = await serveTestInstallation((deps) =>
      part === 'ledger'
        ? { ...deps, reader: { ...deps.reader, openBreakers: frozen } }
        : { ...deps, tuesday: { ...deps.tuesday, temporalAnswers: frozen } },
    );
    const begun = performance.now();
    const answers = await Promise.all([1, 2, 3].map(() => ask(`${here.api.url}/v1/health`)));
    expect(performance.now() - begun).toBeLessThan(2_000);
    for (const { status, body } of answers)
      expect([status, body]).toEqual([
        503,
        expect.objectContaining({ status: 'degraded', ...said }),
      ]);
    expect(asked).toBe(1);
    await here.close();
  });

  it('tells an unexpected error to its log and not to the caller', async () => {
    const here = await serveTestInstallation((deps) => ({
      ...deps,
      reader: { ...deps.reader, getRun: () => Promise.reject(new Error('secret cause')) },
    }));
    const { status, body } = await ask(`${here.api.url}/v1/runs/x`);
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(here.logged).toMatchObject([{ err: { message: 'secret cause' }, path: '/v1/runs/x' }]);
    await here.close();
  });
});
