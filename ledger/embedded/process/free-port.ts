/** Ports on the loopback interface, for servers that are brought up by Tuesday itself. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { UserError } from '../../../contracts/errors';

export const loopbackHost = '127.0.0.1';

const portMax = 65_535;

/**
 * A port as a user gives it: 0 and `undefined` ask for a free one.
 * @param flag how the user gives it, named in the error.
 * @throws UserError `bad_input` for what is no port.
 */
export function requestedPort(port: number | undefined, flag: string): number | undefined {
  if (port === undefined || port === 0) return undefined;
  if (Number.isInteger(port) && port > 0 && port <= portMax) return port;
  throw new UserError(
    'bad_input',
    `${port} is no port; give ${flag} a whole number from 1 to ${portMax}, or 0 for a free one.`,
    flag,
  );
}

/** The error for a port that the user asked for. */
export function portConflict(port: number, what: string, flag: string): UserError {
  return new UserError(
    'conflict',
    `port ${port} for ${what} is taken by another program or not open to this user; choose another with ${flag}, or ${flag} 0 for a free one.`,
    flag,
  );
}

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
