import { sha256Of } from '../../../contracts/content';
import { API_ARTIFACT_BYTES_MAX } from '../../../contracts/limits';
import { ask } from './ask';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
});
afterAll(() => here.close());

const artifacts = () => `${here.api.url}/v1/artifacts`;
const store = (body: string | Buffer, type = 'text/plain') =>
  ask(artifacts(), {
    method: 'POST',
    headers: { 'content-type': type },
    body: new Uint8Array(Buffer.from(body)),
  });

describe('artifacts over HTTP', () => {
  it('gives back the bytes and the content type that were stored', async () => {
    const bytes = Buffer.from([0, 1, 2, 250, 251]);
    const stored = await store(bytes, 'application/x-thing');
    expect(stored.status).toBe(201);
    expect(stored.body).toEqual({ sha256: sha256Of(bytes), bytes: 5 });
    const read = await fetch(`${artifacts()}/${stored.body.sha256}`);
    expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes);
    expect(read.headers.get('content-type')).toBe('application/x-thing');
  });

  it('stores the same bytes again without a change', async () => {
    expect((await store('twice')).status).toBe(201);
    expect((await store('twice')).body.sha256).toBe(sha256Of('twice'));
  });

  it('says by HEAD and by ETag what there is, without sending it', async () => {
    const { sha256 } = (await store('known')).body;
    const head = await fetch(`${artifacts()}/${sha256}`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const etag = head.headers.get('etag') ?? '';
    const again = await ask(`${artifacts()}/${sha256}`, { headers: { 'if-none-match': etag } });
    expect([again.status, again.body]).toEqual([304, '']);
  });

  it('lets no stored page run as one of its own', async () => {
    const { sha256 } = (await store('<script>1</script>', 'text/html')).body;
    const { headers } = await ask(`${artifacts()}/${sha256}`);
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('answers 404 for what was never stored and 400 for what is no sha256', async () => {
    const unknown = await ask(`${artifacts()}/${'0'.repeat(64)}`);
    expect([unknown.status, unknown.body.type]).toEqual([404, 'urn:tuesday:not_found']);
    const wrong = await ask(`${artifacts()}/abc`);
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors).toEqual([{ path: 'sha256', message: expect.any(String) }]);
  });

  it('refuses a body above the limit with 413 and says the limit', async () => {
    const answer = await store(Buffer.alloc(API_ARTIFACT_BYTES_MAX + 1));
    expect(answer.status).toBe(413);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body.detail).toContain(String(API_ARTIFACT_BYTES_MAX));
  });

  it('stores and reads through the client library, which checks every digest', async () => {
    const sha256 = await here.remote.content.put(Buffer.from('hello'), 'text/plain');
    expect((await here.remote.content.get(sha256)).bytes.toString()).toBe('hello');
    await expect(here.remote.content.get('0'.repeat(64))).rejects.toMatchObject({
      kind: 'not_found',
    });
  });
});
