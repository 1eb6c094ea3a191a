import { ask, askJson } from './ask';
import { recordRun } from './recorded-run';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
  await recordRun(here.ledger.ledger, 'r');
});
afterAll(() => here.close());
/** Whatever is sent, nothing of ours breaks. */
afterEach(() => expect(here.logged.splice(0)).toEqual([]));

const at = (path: string) => `${here.api.url}${path}`;

/** What no name and no number is; as it stands in a URL. */
const ODD = {
  'U+0000': '%00',
  'a control character': 'a%1bb',
  'a lone surrogate in UTF-8': '%ed%a0%80',
  'broken UTF-8': '%ff',
  'a broken escape': '%zz',
  '10,000 characters': 'a'.repeat(10_000),
};
const PARAMETERS: Record<string, string[]> = {
  '/v1/runs': ['status', 'team', 'user', 'limit', 'cursor'],
  '/v1/invocations': ['kind', 'name', 'failed', 'since', 'limit'],
  '/v1/recoveries': ['since', 'team'],
  '/v1/runs/r/wait': ['revision', 'timeoutMs'],
  '/v1/runs/r/events': ['after', 'limit'],
  '/v1/runs/r/state': ['at'],
};
const PATHS = [
  '/v1/runs/ID',
  '/v1/runs/ID/wait?revision=0&timeoutMs=0',
  '/v1/runs/ID/result',
  '/v1/runs/ID/trace',
  '/v1/runs/ID/events',
  '/v1/runs/ID/state',
  '/v1/artifacts/ID',
  '/v1/requests/ID',
  '/v1/teams/ID',
];

describe.each(Object.entries(ODD))('%s', (_what, odd) => {
  it('is refused in every query parameter, which is named', async () => {
    for (const [path, names] of Object.entries(PARAMETERS))
      for (const name of names) {
        const { status, body } = await ask(at(`${path}?revision=0&timeoutMs=0&${name}=${odd}`));
        // Broken UTF-8 is read as U+FFFD, which a name may hold: there is none of that name.
        const fine = status === 200 && ['team', 'name'].includes(name) && /%(ed|ff|zz)/.test(odd);
        if (!fine)
          expect([path, name, status, body.errors?.[0].path]).toEqual([path, name, 400, name]);
      }
  });

  it('is refused in every path', async () => {
    for (const path of PATHS) {
      const { status, body } = await ask(at(path.replace('ID', odd)));
      expect([path, [400, 404].includes(status), typeof body.detail]).toEqual([
        path,
        true,
        'string',
      ]);
    }
  });
});

describe('times that no calendar of the database has', () => {
  it.each(['0000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '9999-12-31T23:59:59-14:00'])(
    'are refused: %s',
    async (since) => {
      const { status } = await ask(at(`/v1/invocations?since=${encodeURIComponent(since)}`));
      expect([since, status]).toEqual([since, 400]);
      const cursor = Buffer.from(JSON.stringify([since, 'k'])).toString('base64url');
      expect((await ask(at(`/v1/runs?cursor=${cursor}`))).status).toBe(400);
    },
  );
});

describe('bodies', () => {
  const decide = (body: object) =>
    askJson(at('/v1/runs/r/decisions'), { decision: 'stop', ...body });

  it.each(['decisionId', 'reviewId'])('with odd characters in %s are refused', async (field) => {
    for (const id of ['a\u0000b', 'a\u001bb', '\ud800', '', 'a'.repeat(201)]) {
      const { status, body } = await decide({ [field]: id });
      expect([status, body.errors?.[0].path]).toEqual([400, field]);
    }
  });

  it('with a team that is nested too deep are refused, naming the limit', async () => {
    const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const depth of [250, 20_000, 150_000]) {
      const { status, body } = await askJson(
        at('/v1/runs'),
        `{"question": "Why?", "team": ${deep(depth)}}`,
      );
      expect([depth, status, body.detail]).toEqual([
        depth,
        400,
        expect.stringMatching(/nested more than 200 levels/),
      ]);
      const checked = await askJson(at('/v1/teams/validate'), deep(depth));
      expect([depth, checked.status, checked.body.valid]).toEqual([depth, 200, false]);
    }
  });

  it('that leave out what is needed are told the field of the request, and no flag', async () => {
    const { status, body } = await askJson(at('/v1/runs'), { team: 'report', question: 'Why?' });
    expect([status, body.errors[0].path]).toEqual([400, 'documentsSha256']);
    expect(JSON.stringify(body)).not.toMatch(/--\w/);
  });
});

describe('a method that a path does not take', () => {
  it.each([
    ['DELETE', '/v1/runs/r', 'GET, HEAD'],
    ['PUT', '/v1/runs', 'GET, HEAD, POST'],
    ['GET', '/v1/runs/r/decisions', 'POST'],
    ['PATCH', '/v1/teams/validate', 'POST'],
    ['POST', '/v1/health', 'GET, HEAD'],
  ])('is answered with 405 and those that it takes: %s %s', async (method, path, allowed) => {
    const { status, headers, body } = await ask(at(path), { method });
    expect([status, headers.get('allow')]).toEqual([405, allowed]);
    expect(body).toMatchObject({ status: 405, detail: expect.stringContaining(allowed) });
  });

  it('is 404 where there is no such path', async () => {
    for (const path of ['/v1/nothing', '/v1/runs/', '/v1/runs/r/nothing'])
      expect([path, (await ask(at(path), { method: 'DELETE' })).status]).toEqual([path, 404]);
  });
});
