import { auditEntry } from '../../support/audit';
import { type As, type SignedInInstallation, serveSignedIn } from './signed-in';

let here: SignedInInstallation;
let operator: As;
let admin: As;

beforeAll(async () => {
  here = await serveSignedIn();
  operator = here.as((await here.tokenFor('op', ['operator'])).token);
  admin = here.as((await here.tokenFor('root', ['admin'])).token);
  for (const n of [1, 2, 3, 4])
    await here.ledger.audit.append(
      auditEntry(`entry ${n}`, { actor: `u-${n % 2}`, at: Date.UTC(2026, 0, n) }),
    );
});
afterAll(() => here.close());

const OF_SWITCHES = '/audit?action=switch_on';

describe('GET /v1/audit', () => {
  it('answers entries, newest first, with who did what and from where', async () => {
    const { status, body } = await operator(`${OF_SWITCHES}&limit=1`);
    expect(status).toBe(200);
    expect(body.entries).toEqual([
      {
        sequence: expect.any(Number),
        at: '2026-01-04T00:00:00.000Z',
        action: 'switch_on',
        actor: { id: 'u-0', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
        verified: true,
        role: 'operator',
        subject: { kind: 'team', id: 'report' },
        before: { mode: null },
        after: { mode: 'pause' },
        reasonSha256: expect.any(String),
        from: { way: 'api', address: '192.0.2.7' },
        mac: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  it('filters, and goes on where a page ended', async () => {
    const times = async (query: string): Promise<string[]> =>
      (await operator(OF_SWITCHES + query)).body.entries.map(({ at }: { at: string }) =>
        at.slice(0, 10),
      );
    expect(await times('&actor=u-1')).toEqual(['2026-01-03', '2026-01-01']);
    expect(await times('&since=2026-01-03T00:00:00Z')).toEqual(['2026-01-04', '2026-01-03']);
    expect(await times('&run=unheard-of')).toEqual([]);
    const { body } = await operator(`${OF_SWITCHES}&limit=3`);
    expect(await times(`&limit=3&cursor=${body.cursor}`)).toEqual(['2026-01-01']);
    expect((await operator('/audit?cursor=x')).status).toBe(400);
    expect((await operator('/audit?action=x')).status).toBe(400);
  });

  it('is for operators', async () => {
    const viewer = here.as((await here.tokenFor('v', ['viewer', 'reviewer', 'starter'])).token);
    for (const path of ['/audit', '/audit/verify']) {
      expect((await viewer(path)).status).toBe(403);
      expect((await here.as(undefined)(path)).status).toBe(401);
    }
  });
});

describe('GET /v1/audit/verify', () => {
  it('says that all is as it was, and compares a head that was kept', async () => {
    const { body } = await operator('/audit/verify');
    expect(body).toMatchObject({ intact: true, problems: [], anchors: 0 });
    const { sequence, mac } = body.head;
    const again = await operator(`/audit/verify?anchor=${sequence}:${mac}`);
    expect(again.body).toMatchObject({ intact: true, anchors: 1 });
    const other = await operator(`/audit/verify?anchor=${sequence + 9}:${mac}`);
    expect(other.body).toMatchObject({
      intact: false,
      problems: [{ kind: 'anchor', sequence: sequence + 9 }],
    });
    expect((await operator('/audit/verify?anchor=7')).status).toBe(400);
  });
});

describe('POST /v1/audit/erase', () => {
  it('is for admins alone, and is an entry itself', async () => {
    expect((await operator('/audit/erase', 'POST', { person: 'u-1' })).status).toBe(403);
    expect((await admin('/audit/erase', 'POST', { person: 'nobody' })).status).toBe(404);
    const erased = await admin('/audit/erase', 'POST', { person: 'u-1' });
    expect(erased).toMatchObject({ status: 200 });
    const { body } = await operator('/audit?limit=1');
    expect(body.entries[0]).toMatchObject({
      action: 'audit_subject_erased',
      actor: { id: 'root' },
      role: 'admin',
      after: { digests: erased.body.digests },
    });
    expect((await operator(`${OF_SWITCHES}&actor=u-1`)).body.entries).toEqual([]);
    expect((await operator('/audit/verify')).body.intact).toBe(true);
  });
});
