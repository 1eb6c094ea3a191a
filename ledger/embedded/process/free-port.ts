/** Ports on the loopback interface, for servers that are brought up by Tuesday itself. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export const loopbackHost = '127.0.0.1';

/**
 * A port that nothing listens on. It may be taken before the caller's server binds it, so callers
 * try again with another one then; a connection closed from the listening side makes Linux keep
 * the number from other callers for a minute (TIME_WAIT), which makes that rare.
 */
export async function freePort(): Promise<number> {
  const server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  const client = connect(port, loopbackHost).resume();
  const [socket] = (await accepted) as [Socket];
  const ended = once(client, 'close');
  socket.resume().end();
  await ended;
  await close(server);
  return port;
}

/** Whether a server could listen on this loopback port now. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
    throw error;
  }
}

/** Whether something accepts connections on this loopback port now. */
export async function isPortAnswering(port: number): Promise<boolean> {
  const socket = connect(port, loopbackHost);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false; // refused
  } finally {
    socket.destroy();
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, loopbackHost);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
