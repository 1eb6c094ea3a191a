import { ask, askJson } from './ask';
import { recordRun } from './recorded-run';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
  await recordRun(here.ledger.ledger, 'recorded');
});
afterAll(() => here.close());

const at = (path: string) => `${here.api.url}/v1/runs/${path}`;

describe('forking over HTTP', () => {
  it.each<[string, string, unknown, number, RegExp]>([
    ['an unknown run', 'nobody', { from: 'writing' }, 404, /There is no run "nobody"/],
    ['an unknown phase', 'recorded', { from: 'x' }, 400, /has no phase "x" to fork from/],
    ['no phase', 'recorded', {}, 400, /from/],
    ['an unknown field', 'recorded', { from: 'writing', fast: true }, 400, /fast/],
    ['a body that is no JSON', 'recorded', '{', 400, /JSON/],
  ])('is refused for %s', async (_, run, body, status, detail) => {
    const answer = await askJson(at(`${run}/fork`), body);
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(detail)]);
  });
});

it('takes the business key of a fork from its header, and refuses two that differ', async () => {
  const answer = await askJson(
    at('recorded/fork'),
    { from: 'writing', key: 'one' },
    { 'idempotency-key': 'two' },
  );
  expect([answer.status, answer.body.detail]).toEqual([
    400,
    expect.stringMatching(/Idempotency-Key and the field key differ/),
  ]);
});

describe('rebuilding over HTTP', () => {
  it.each([
    ['a run that nobody knows', 'nobody', 404],
    ['a run whose histories are all gone', 'recorded', 404],
  ])('is refused for %s', async (_, run, status) => {
    const answer = await ask(at(`${run}/rebuild`), { method: 'POST' });
    expect([answer.status, answer.body.detail]).toEqual([
      status,
      expect.stringMatching(/cannot be rebuilt/),
    ]);
  });
});
