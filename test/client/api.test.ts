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
    [503, 'urn:tuesday:unavailable', 'unavailable'],
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
