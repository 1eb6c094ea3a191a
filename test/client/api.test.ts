import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { createApiClient } from '../../client/api';
import { createHttpContentStore } from '../../client/http-content';
import { sha256Of } from '../../contracts/content';
import { API_ARTIFACT_BYTES_MAX } from '../../contracts/limits';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener) {
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  return createApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}
const answer =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
const problem = (status: number, type: string, errors?: object[]) =>
  answer(status, JSON.stringify({ type, title: 't', status, detail: 'Said so.', errors }));

describe('the API client', () => {
  it('names the address and the way out when nothing answers', async () => {
    const api = createApiClient('http://127.0.0.1:1');
    await expect(api.getJson(z.unknown(), '/v1/health')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/http:\/\/127\.0\.0\.1:1\b.*tuesday up/),
    });
  });

  it.each(['nonsense', 'ftp://127.0.0.1', '127.0.0.1:7333'])('refuses the address %s', (url) => {
    expect(() => createApiClient(url)).toThrow(
      expect.objectContaining({ kind: 'bad_input', message: expect.stringContaining(url) }),
    );
  });

  it.each([
    [400, 'urn:tuesday:bad_input', 'bad_input'],
    [404, 'urn:tuesday:not_found', 'not_found'],
    [409, 'urn:tuesday:conflict', 'conflict'],
    [401, 'urn:tuesday:unauthenticated', 'unauthenticated'],
    [429, 'urn:tuesday:too_many', 'too_many'],
    [503, 'urn:tuesday:unavailable', 'unavailable'],
    [401, 'about:blank', 'unauthenticated'],
    [429, 'about:blank', 'too_many'],
    [413, 'about:blank', 'bad_input'],
    [421, 'about:blank', 'forbidden'],
    [500, 'about:blank', 'unavailable'],
  ])('turns a problem of status %d into an error of kind %s', async (status, type, kind) => {
    const api = await serve(problem(status, type, [{ path: 'key', message: 'm' }]));
    await expect(api.getJson(z.unknown(), '/')).rejects.toMatchObject({
      name: 'UserError',
      kind,
      message: 'Said so.',
      field: 'key',
    });
  });

  it.each([
    ['a page', 200, '<html>'],
    ['JSON of another shape', 200, '{"hello": 1}'],
    ['an error that is no problem document', 404, 'not here'],
  ])('says that %s is not Tuesday', async (_, status, body) => {
    const api = await serve(answer(status, body));
    await expect(api.getJson(z.object({ id: z.string() }), '/')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('not Tuesday'),
    });
  });

  it.each(['getJson', 'postJson'] as const)(
    'sends %s once more where it may and the connection broke off',
    async (how) => {
      let asked = 0;
      const api = await serve((request, response) => {
        asked += 1;
        if (asked === 1) request.socket.destroy();
        else response.writeHead(200).end('"well"');
      });
      const answered =
        how === 'getJson'
          ? api.getJson(z.string(), '/')
          : api.postJson(z.string(), '/', {}, { again: true });
      expect(await answered).toBe('well');
      expect(asked).toBe(2);
    },
  );

  it('sends nothing twice that could be done twice, and says that it may have been done', async () => {
    let asked = 0;
    const api = await serve((request) => {
      asked += 1;
      request.socket.destroy();
    });
    await expect(api.postJson(z.string(), '/', {})).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/broke off before .* may have been done/),
    });
    expect(asked).toBe(1);
    await expect(api.getJson(z.string(), '/')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/broke off twice/),
    });
    expect(asked).toBe(3);
  });

  it('tells an answer that breaks off in the middle from one of somebody else', async () => {
    const api = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"id"', () => response.socket?.destroy());
    });
    await expect(api.getJson(z.unknown(), '/')).rejects.toMatchObject({
      message: expect.stringMatching(/broke off twice/),
    });
  });

  it('names the address that cannot be resolved', async () => {
    const api = createApiClient('http://tuesday.invalid:7333');
    await expect(api.getJson(z.unknown(), '/')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/tuesday\.invalid:7333 cannot be reached \(E/),
    });
  });

  it('sends its token with each request, and none of its own making', async () => {
    const seen: (string | undefined)[] = [];
    const { url } = await serve(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(200).end('""');
    });
    await createApiClient(url).getJson(z.string(), '/');
    await createApiClient(url, { token: 'tdy_a' }).getJson(z.string(), '/');
    let made = 0;
    const renewed = createApiClient(url, { token: () => `t${++made}` });
    await renewed.getJson(z.string(), '/');
    await renewed.postJson(z.string(), '/', {});
    expect(seen).toEqual([undefined, 'Bearer tdy_a', 'Bearer t1', 'Bearer t2']);
    await expect(
      createApiClient(url, { token: 'two words' }).getJson(z.string(), '/'),
    ).rejects.toMatchObject({ kind: 'bad_input', field: 'TUESDAY_TOKEN' });
  });

  it('gives up on a server that does not answer in time', async () => {
    const api = await serve(() => undefined);
    await expect(api.getJson(z.unknown(), '/', { timeoutMs: 50 })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('in time'),
    });
  });
});

describe('content over HTTP', () => {
  it('notices bytes that were damaged on the way', async () => {
    const content = createHttpContentStore(await serve(answer(200, '"other"')));
    await expect(content.get(sha256Of('mine'))).rejects.toMatchObject({ kind: 'unavailable' });
    const wrong = JSON.stringify({ sha256: sha256Of('other'), bytes: 5 });
    server?.close();
    const store = createHttpContentStore(await serve(answer(201, wrong)));
    await expect(store.put(Buffer.from('mine'), 'text/plain')).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  it('refuses what is too large before it is sent', async () => {
    const content = createHttpContentStore(createApiClient('http://127.0.0.1:1'));
    const large = Buffer.alloc(API_ARTIFACT_BYTES_MAX + 1);
    await expect(content.put(large, 'text/plain')).rejects.toMatchObject({ kind: 'bad_input' });
  });
});
