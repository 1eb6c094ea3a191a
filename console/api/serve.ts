/** Puts the API on a port. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AccessMode } from '../../contracts/access';
import { UserError } from '../../contracts/errors';
import { type GuardOptions, refuseForeign } from './guard';

export interface ServeOptions {
  /** Where nobody signs in: a loopback address or `localhost`. */
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Default `local`. */
  mode?: AccessMode;
  /** Where browsers reach the API, if not as its `Host` says. */
  consoleUrl?: string;
}
export interface ServedApi {
  url: string;
  port: number;
  /** Ends long polls too. */
  close(): Promise<void>;
}

/** Where this machine reaches a server that listens at every address. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1)$/;

/**
 * Whether the API can be served there, before anything is started for it.
 * @throws UserError as `serveApi` would
 */
export async function checkAddress(options: ServeOptions): Promise<void> {
  refuseOthers(options);
  const server = createServer();
  await listen(server, options);
  await new Promise((resolve) => server.close(resolve));
}

/**
 * @throws UserError `forbidden` for an address that others can reach where nobody signs in,
 * `conflict` when the port is taken, `bad_input` when it may not be used.
 */
export async function serveApi(app: OpenAPIHono, options: ServeOptions): Promise<ServedApi> {
  const { host, port, mode = 'local', consoleUrl } = options;
  refuseOthers(options);
  const guard: GuardOptions = { mode, port, ...(consoleUrl === undefined ? {} : { consoleUrl }) };
  const server = createAdaptorServer({
    fetch: (request, env) => refuseForeign(request, guard) ?? app.fetch(request, env),
    overrideGlobalObjects: false,
  }) as Server;
  await listen(server, options);
  guard.port = (server.address() as AddressInfo).port;
  const reached = ANY_ADDRESS[host] ?? host;
  const name = reached.includes(':') ? `[${reached}]` : reached;
  return {
    url: `http://${name}:${guard.port}`,
    port: guard.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuseOthers({ host, mode = 'local' }: ServeOptions): void {
  if (mode === 'local' && !LOOPBACK.test(host))
    throw new UserError(
      'forbidden',
      `Nobody signs in here (TUESDAY_ACCESS=local), so the API answers this machine only: "${host}" is no loopback address, take 127.0.0.1 or set TUESDAY_ACCESS=required.`,
      'host',
    );
}

function listen(server: Server, options: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toUserError(error, options)));
    server.listen(options.port, options.host, () => resolve());
  });
}

function toUserError(error: NodeJS.ErrnoException, { host, port }: ServeOptions): Error {
  if (error.code === 'EADDRINUSE')
    return new UserError(
      'conflict',
      `Port ${port} for the API is taken by another program: choose another with --port, or 0 for any that is free.`,
      'port',
    );
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new UserError(
      'bad_input',
      `"${host}" is no address of this machine (${error.code}): choose one that is with --host.`,
      'host',
    );
  if (error.code === 'EACCES')
    return new UserError(
      'bad_input',
      `Port ${port} for the API may not be used by this user: choose one above 1023 with --port.`,
      'port',
    );
  return error;
}
