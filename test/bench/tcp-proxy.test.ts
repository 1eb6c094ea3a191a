import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Direction, startTcpProxy, type TcpProxy } from '../../bench/support/tcp-proxy';
import { eventually } from '../support/eventually';

/** Says again what it hears, and notes it. */
let server: Server;
let heard: string;
let ends: ('end' | 'reset')[];
let proxy: TcpProxy;
const clients: Socket[] = [];

interface Client {
  socket: Socket;
  got(): string;
  reset(): boolean;
}

async function client(): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  let text = '';
  let isReset = false;
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    isReset = error.code === 'ECONNRESET';
  });
  await once(socket, 'connect');
  return { socket, got: () => text, reset: () => isReset };
}

/** A client whose first words have come back. */
async function greeted(): Promise<Client> {
  const made = await client();
  made.socket.write('hello ');
  await eventually(async () => expect(made.got()).toBe('hello '));
  return made;
}

beforeEach(async () => {
  heard = '';
  // The last test's connections end later than it.
  const endsHere: typeof ends = [];
  ends = endsHere;
  server = createServer((socket) => {
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      socket.write(chunk);
    });
    socket.on('end', () => endsHere.push('end'));
    socket.on('error', () => endsHere.push('reset'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startTcpProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});

afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  await proxy.close();
  server.close();
});

it('passes on what both say, however much, and the end of it', async () => {
  const { socket, got } = await client();
  const text = '0123456789'.repeat(500_000);
  socket.end(text);
  await once(socket, 'close');
  expect(got()).toBe(text);
  expect(ends).toEqual(['end']);
});

it.each<Direction | undefined>([undefined, 'to_server', 'to_client'])(
  'holds what a frozen direction (%s) carries, until it is thawed',
  async (direction) => {
    const { socket, got } = await greeted();
    proxy.freeze(direction);
    socket.write('again');
    if (direction === 'to_client') await eventually(async () => expect(heard).toContain('again'));
    // As long as others take for the way there and back.
    const other = connect((server.address() as AddressInfo).port, '127.0.0.1');
    clients.push(other);
    other.write('other');
    await once(other, 'data');
    if (direction !== 'to_client') expect(heard).not.toContain('again');
    expect(got()).toBe('hello ');
    proxy.thaw(direction);
    await eventually(async () => expect(got()).toBe('hello again'));
  },
);

it('keeps a client of a frozen proxy from learning that its connection was reset', async () => {
  const { socket, reset } = await greeted();
  proxy.freeze('to_server');
  socket.resetAndDestroy();
  await once(socket, 'close');
  expect(ends).toEqual([]);
  proxy.thaw('to_server');
  await eventually(async () => expect(ends).toEqual(['reset']));
  expect(reset()).toBe(false);
});

it('makes a slow direction late once, whatever it carries', async () => {
  const { socket, got } = await greeted();
  proxy.slow(300, 'to_client');
  const began = Date.now();
  socket.write('one ');
  await eventually(async () => expect(heard).toBe('hello one '));
  socket.write('two ');
  await eventually(async () => expect(got()).toBe('hello one two '));
  const tookMs = Date.now() - began;
  expect(tookMs).toBeGreaterThanOrEqual(300);
  expect(tookMs).toBeLessThan(600);
});

it('resets what is open when it is cut, and lets the next connection through', async () => {
  const first = await greeted();
  proxy.cut();
  await eventually(async () => expect(first.reset()).toBe(true));
  await eventually(async () => expect(ends).toEqual(['reset']));
  await greeted();
});

it('takes nothing while it is closed, and goes on at the same port', async () => {
  const first = await greeted();
  await proxy.close();
  await eventually(async () => expect(first.reset()).toBe(true));
  await expect(client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.open();
  await greeted();
});

it('resets a client whose server is not there', async () => {
  server.close();
  const { reset } = await client();
  await eventually(async () => expect(reset()).toBe(true));
});
