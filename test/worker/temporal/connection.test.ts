import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { freePort, loopbackHost } from '../../../ledger/embedded/process/free-port';
import { connectMsMax, connectTemporal } from '../../../worker/temporal/connect';
import { temporalConnectionConfig } from '../../../worker/temporal/connection-config';
import { temporalConfig } from '../../support/servers';
import { temporaryFolders } from '../../support/shared-folders';

const temporaryFolder = temporaryFolders();
const noFile = { HOME: '/nowhere' };

async function file(name: string, content: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

describe("the user's Temporal configuration", () => {
  it('is not given when nothing is set, and empty variables set nothing', () => {
    const env = { ...noFile, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '', TEMPORAL_TLS: '' };
    const none = { given: false, address: '127.0.0.1:7233', namespace: 'default' };
    expect(temporalConnectionConfig(noFile)).toEqual(none);
    expect(temporalConnectionConfig(env)).toEqual(none);
  });

  it('takes a namespace for the server that Tuesday brings up, too', () => {
    const config = temporalConnectionConfig({ ...noFile, TEMPORAL_NAMESPACE: 'mine' });
    expect(config).toMatchObject({ given: false, namespace: 'mine' });
  });

  it('takes an address, with the usual port where it has none', () => {
    const of = (TEMPORAL_ADDRESS: string) =>
      temporalConnectionConfig({ ...noFile, TEMPORAL_ADDRESS });
    expect(of('temporal.internal:7000')).toEqual({
      given: true,
      address: 'temporal.internal:7000',
      namespace: 'default',
    });
    expect(of('localhost').address).toBe('localhost:7233');
    expect(of('[::1]:7233').address).toBe('[::1]:7233');
  });

  it('takes Temporal Cloud with an API key, over TLS without a word about it', () => {
    const config = temporalConnectionConfig({
      ...noFile,
      TEMPORAL_ADDRESS: 'us-east-1.aws.api.temporal.io:7233',
      TEMPORAL_NAMESPACE: 'mine.acct',
      TEMPORAL_API_KEY: 'key',
    });
    expect(config).toMatchObject({ given: true, namespace: 'mine.acct', apiKey: 'key', tls: true });
  });

  it('takes certificates from files', async () => {
    const config = temporalConnectionConfig({
      ...noFile,
      TEMPORAL_ADDRESS: 'temporal.internal:7233',
      TEMPORAL_TLS_CLIENT_CERT_PATH: await file('cert.pem', 'CERT'),
      TEMPORAL_TLS_CLIENT_KEY_PATH: await file('key.pem', 'KEY'),
      TEMPORAL_TLS_SERVER_NAME: 'its-name',
    });
    expect(config.tls).toMatchObject({
      serverNameOverride: 'its-name',
      clientCertPair: { crt: Buffer.from('CERT'), key: Buffer.from('KEY') },
    });
  });

  it('takes a profile of the configuration file, with variables over it', async () => {
    const TEMPORAL_CONFIG_FILE = await file(
      'temporal.toml',
      '[profile.default]\naddress = "one:7233"\n[profile.two]\naddress = "two:7233"\nnamespace = "n"\n',
    );
    expect(temporalConnectionConfig({ TEMPORAL_CONFIG_FILE }).address).toBe('one:7233');
    expect(
      temporalConnectionConfig({
        TEMPORAL_CONFIG_FILE,
        TEMPORAL_PROFILE: 'two',
        TEMPORAL_NAMESPACE: 'over',
      }),
    ).toMatchObject({ given: true, address: 'two:7233', namespace: 'over' });
  });

  const at = { ...noFile, TEMPORAL_ADDRESS: 'temporal.internal:7233' };

  it.each([
    [
      'a URL for an address',
      { TEMPORAL_ADDRESS: 'https://x:7233' },
      /TEMPORAL_ADDRESS .*host:port/,
    ],
    ['a port out of range', { TEMPORAL_ADDRESS: 'x:70000' }, /TEMPORAL_ADDRESS .*host:port/],
    ['an API key alone', { TEMPORAL_API_KEY: 'key' }, /TEMPORAL_API_KEY .*set TEMPORAL_ADDRESS/],
    ['TLS alone', { TEMPORAL_TLS: 'true' }, /TLS for Temporal .*set TEMPORAL_ADDRESS/],
    ['an unknown profile', { TEMPORAL_PROFILE: 'none' }, /Profile 'none' not found/],
    ['TLS that is neither on nor off', { ...at, TEMPORAL_TLS: 'yes' }, /TEMPORAL_TLS is "yes"/],
    [
      'no verification of the host',
      { ...at, TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true' },
      /TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is not supported/,
    ],
    [
      'a certificate without its key',
      { ...at, TEMPORAL_TLS_CLIENT_CERT_DATA: 'x' },
      /TEMPORAL_TLS_CLIENT_CERT_DATA is set without TEMPORAL_TLS_CLIENT_KEY_DATA/,
    ],
    [
      'a certificate twice',
      {
        ...at,
        TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/x',
        TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'x',
      },
      /Cannot specify both/,
    ],
    [
      'a certificate file that is missing',
      { ...at, TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere.pem' },
      /\/nowhere\.pem, named by TEMPORAL_TLS_SERVER_CA_CERT_PATH, cannot be read \(ENOENT\)/,
    ],
  ])('refuses %s in one sentence', (_, env, message) => {
    expect(() => temporalConnectionConfig({ ...noFile, ...env })).toThrow(
      expect.objectContaining({ kind: 'bad_input', message: expect.stringMatching(message) }),
    );
  });

  it('refuses a configuration file that is broken or is missing where one is named', async () => {
    const broken = await file('temporal.toml', 'address = [');
    expect(() => temporalConnectionConfig({ TEMPORAL_CONFIG_FILE: broken })).toThrow(
      expect.objectContaining({ kind: 'bad_input', message: expect.stringContaining(broken) }),
    );
    expect(() => temporalConnectionConfig({ TEMPORAL_CONFIG_FILE: '/nowhere.toml' })).toThrow(
      expect.objectContaining({
        kind: 'bad_input',
        message: expect.stringMatching(
          /TEMPORAL_CONFIG_FILE names \/nowhere\.toml, which does not exist/,
        ),
      }),
    );
  });
});

describe('connecting to Temporal', () => {
  it('gives a connection for clients and, when asked, one for workers', async () => {
    const temporal = await connectTemporal(temporalConfig());
    const info = await temporal.connection.workflowService.getSystemInfo({});
    expect(info.serverVersion).toMatch(/^1\./);
    const native = await temporal.nativeConnection();
    expect(await temporal.nativeConnection()).toBe(native);
    await temporal.close();
  });

  it('names the address and the ways out where nothing listens, within its time-out', async () => {
    const address = `${loopbackHost}:${await freePort()}`;
    const began = Date.now();
    await expect(
      connectTemporal({ given: true, address, namespace: 'default' }),
    ).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(`${address} .*TEMPORAL_ADDRESS.*unset`),
    });
    expect(Date.now() - began).toBeLessThan(connectMsMax + 2_000);
  });

  it('does not wait longer for a server that takes the connection and says nothing', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, loopbackHost);
    await once(silent, 'listening');
    const address = `${loopbackHost}:${(silent.address() as AddressInfo).port}`;
    const began = Date.now();
    await expect(
      connectTemporal({ given: true, address, namespace: 'default' }),
    ).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining(address) });
    expect(Date.now() - began).toBeLessThan(connectMsMax + 2_000);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('names a namespace that the server does not have', async () => {
    await expect(connectTemporal(temporalConfig('no-such'))).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/no namespace "no-such"; .*TEMPORAL_NAMESPACE/),
    });
  });

  it('is not led astray by a proxy that is meant for other machines', async () => {
    const before = process.env.http_proxy;
    process.env.http_proxy = 'http://127.0.0.1:1';
    try {
      await (await connectTemporal(temporalConfig())).close();
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    }
  });
});
