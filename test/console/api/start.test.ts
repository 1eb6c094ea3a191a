import { putJson } from '../../../contracts/content';
import { ask, askJson } from './ask';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
});
afterAll(() => here.close());

const runs = () => `${here.api.url}/v1/runs`;

const TEAM = {
  name: 'one',
  version: '1.0.0',
  phases: [
    {
      name: 'only',
      role: 'You work.',
      instructions: 'Work.',
      model: { name: 'claude-haiku-5-5' },
      produces: {
        type: 'object',
        properties: { text: { type: 'string' } },
        required: ['text'],
        additionalProperties: false,
      },
    },
  ],
};

describe('starting a run over HTTP', () => {
  it('answers 201 the first time, 200 for the same again, 409 for another request of that key', async () => {
    const request = { team: TEAM, question: 'Why?' };
    const key = { 'idempotency-key': 'order-1' };
    const first = await askJson(runs(), request, key);
    expect(first.status).toBe(201);
    expect(first.body).toEqual({ id: 'order-1', firstRunId: expect.any(String), reused: false });
    expect(first.headers.get('location')).toBe('/v1/runs/order-1');

    const again = await askJson(runs(), { ...request, key: 'order-1' }, key);
    expect([again.status, again.body]).toEqual([200, { ...first.body, reused: true }]);

    const other = await askJson(runs(), { ...request, question: 'How?' }, key);
    expect([other.status, other.body.type]).toEqual([409, 'urn:tuesday:conflict']);
    expect(other.body.detail).toContain('order-1');
  });

  it('makes a readable key where none is given', async () => {
    const { body } = await askJson(runs(), { team: TEAM, question: 'Why?' });
    expect(body.id).toMatch(/^one-\d{8}-[0-9a-z]{6}$/);
  });

  it('puts references and small values into Temporal, nothing else', async () => {
    const { body } = await askJson(runs(), { team: TEAM, question: 'MARKER-7 why?', user: 'u-9' });
    const description = await here.temporal.workflow.getHandle(body.id).describe();
    const history = JSON.stringify(await here.temporal.workflow.getHandle(body.id).fetchHistory());
    expect(history).not.toContain('MARKER-7');
    expect(history).not.toContain(Buffer.from('MARKER-7').toString('base64').slice(0, 8));
    const attributes = Object.fromEntries(
      description.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({
      TuesdayTeam: 'one',
      TuesdayVersion: '1.0.0',
      TuesdayUser: 'u-9',
    });
  });

  it('takes a team by the sha256 of its stored definition', async () => {
    const team = await putJson(here.ledger.ledger.content, TEAM);
    expect((await askJson(runs(), { team, question: 'Why?' })).status).toBe(201);
    const stranger = await here.remote.content.put(Buffer.from('no team'), 'text/plain');
    const refused = await askJson(runs(), { team: stranger, question: 'Why?' });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining(stranger)]);
  });

  it.each([
    ['no question', { team: TEAM }, 'question'],
    ['an empty question', { team: TEAM, question: '  ' }, 'question'],
    ['a budget of nothing', { team: TEAM, question: 'Why?', budgetMicroUsd: 0 }, 'budgetMicroUsd'],
    [
      'a budget in fractions',
      { team: TEAM, question: 'Why?', budgetMicroUsd: 0.5 },
      'budgetMicroUsd',
    ],
    ['a key with a space', { team: TEAM, question: 'Why?', key: 'a b' }, 'key'],
    ['an unknown field', { team: TEAM, question: 'Why?', budget: 1 }, 'budget'],
    ['a team that is a number', { team: 7, question: 'Why?' }, 'team'],
    ['a team that is broken', { team: { ...TEAM, version: '' }, question: 'Why?' }, 'version'],
    [
      'no documents for a team that needs some',
      { team: 'report', question: 'Why?' },
      'documentsSha256',
    ],
  ])('refuses %s with 400, naming the field', async (_, request, field) => {
    const { status, body } = await askJson(runs(), request);
    expect([status, body.type]).toEqual([400, 'urn:tuesday:bad_input']);
    expect(body.errors.map(({ path }: { path: string }) => path)).toContain(field);
  });

  it.each([
    ['no stored artifact', undefined, /no stored list of documents/],
    ['no manifest', 'hello', /not JSON/],
    ['a manifest of nothing', '{"documents":[],"skipped":[]}', /is empty/],
    [
      'a manifest with a name that no file can have',
      JSON.stringify({
        documents: [
          { name: 'a\0.md', mediaType: 'text/plain', sizeBytes: 1, sha256: '0'.repeat(64) },
        ],
        skipped: [],
      }),
      /documents\/0\/name/,
    ],
  ])('refuses documents that are %s with 400', async (_, manifest, reason) => {
    const documentsSha256 =
      manifest === undefined
        ? 'f'.repeat(64)
        : await here.remote.content.put(Buffer.from(manifest), 'application/json');
    const request = { team: 'report', question: 'Why?', documentsSha256 };
    const { status, body } = await askJson(runs(), request);
    expect([status, body.detail]).toEqual([400, expect.stringMatching(reason)]);
  });

  it('answers 404 for an unknown team, naming those there are', async () => {
    const { status, body } = await askJson(runs(), { team: 'nobody', question: 'Why?' });
    expect([status, body.detail]).toEqual([404, expect.stringContaining('report')]);
  });

  it('refuses two different keys, broken JSON, another content type, and a body above the limit', async () => {
    const request = { team: TEAM, question: 'Why?' };
    const differ = await askJson(runs(), { ...request, key: 'a' }, { 'idempotency-key': 'b' });
    expect([differ.status, differ.body.errors[0].path]).toEqual([400, 'key']);
    const broken = await askJson(runs(), '{"team":');
    expect([broken.status, broken.body.detail]).toEqual([400, expect.stringContaining('JSON')]);
    const form = await ask(runs(), { method: 'POST', body: new URLSearchParams({ team: 'x' }) });
    expect(form.status).toBe(415);
    const large = await askJson(runs(), { ...request, question: 'x'.repeat(1_100_000) });
    expect(large.status).toBe(413);
    for (const { headers } of [differ, broken, form, large])
      expect(headers.get('content-type')).toBe('application/problem+json');
  });

  it('answers 404 for a decision on a run that there is not', async () => {
    const { status } = await askJson(`${runs()}/nobody/decisions`, { decision: 'approve' });
    expect(status).toBe(404);
  });
});
