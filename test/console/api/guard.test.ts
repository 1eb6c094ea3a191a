import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAPIHono } from '@hono/zod-openapi';
import { type ServedApi, serveApi } from '../../../console/api';
import { ask, askWithHeaders } from './ask';

const app = new OpenAPIHono();
app.get('/', (c) => c.text('here'));
app.post('/', (c) => c.text('done'));

let api: ServedApi;
beforeAll(async () => {
  api = await serveApi(app, { host: '127.0.0.1', port: 0 });
});
afterAll(() => api.close());

describe('an API without access control', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]', 'LocalHost'])('answers as %s', async (name) => {
    expect(await askWithHeaders(api.url, { host: `${name}:${api.port}` })).toBe(200);
  });

  it.each([
    ['a foreign name (DNS rebinding)', () => 'evil.example'],
    ['a foreign name with its port', () => `evil.example:${api.port}`],
    ['a name that only begins like its own', () => `127.0.0.1.evil.example:${api.port}`],
    ['another port', () => '127.0.0.1:1'],
    ['no port', () => '127.0.0.1'],
  ])('refuses a Host that is %s', async (_, host) => {
    expect(await askWithHeaders(api.url, { host: host() })).toBe(421);
  });

  it('takes requests of its own pages and refuses those of others', async () => {
    const post = (origin: string) => ask(api.url, { method: 'POST', headers: { origin } });
    expect((await post(api.url)).status).toBe(200);
    for (const origin of [
      'https://evil.example',
      'null',
      `https://127.0.0.1:${api.port}`,
      'http://localhost:1',
    ]) {
      const refused = await post(origin);
      expect([origin, refused.status]).toEqual([origin, 403]);
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('refuses to listen where others could reach it', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.org'])
      await expect(serveApi(app, { host, port: 0 })).rejects.toMatchObject({
        kind: 'forbidden',
        message: expect.stringContaining(host),
      });
  });

  it('names the port and the flag when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(serveApi(app, { host: '127.0.0.1', port })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(new RegExp(`${port}.*--port`)),
    });
    other.close();
  });
});
