/** Puts the API on a port of the loopback address. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { UserError } from '../../contracts/errors';
import { refuseForeign } from './guard';

export interface ServeOptions {
  /** A loopback address or `localhost`. */
  host: string;
  /** 0 takes a free one. */
  port: number;
}
export interface ServedApi {
  url: string;
  port: number;
  /** Ends long polls too. */
  close(): Promise<void>;
}

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
 * @throws UserError `forbidden` for an address that others can reach, `conflict` when the port is
 * taken, `bad_input` when it may not be used.
 */
export async function serveApi(app: OpenAPIHono, options: ServeOptions): Promise<ServedApi> {
  const { host, port } = options;
  refuseOthers(options);
  let boundPort = port;
  const server = createAdaptorServer({
    fetch: (request, env) => refuseForeign(request, boundPort) ?? app.fetch(request, env),
    overrideGlobalObjects: false,
  }) as Server;
  await listen(server, options);
  boundPort = (server.address() as AddressInfo).port;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${boundPort}`,
    port: boundPort,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuseOthers({ host }: ServeOptions): void {
  if (!LOOPBACK.test(host))
    throw new UserError(
      'forbidden',
      `The API has no access control yet and answers on this machine only: "${host}" is no loopback address, take 127.0.0.1.`,
    );
}

function listen(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toUserError(error, port)));
    server.listen(port, host, () => resolve());
  });
}

function toUserError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new UserError(
      'conflict',
      `Port ${port} for the API is taken by another program: choose another with --port, or 0 for any that is free.`,
      'port',
    );
  if (error.code === 'EACCES')
    return new UserError(
      'bad_input',
      `Port ${port} for the API may not be used by this user: choose one above 1023 with --port.`,
      'port',
    );
  return error;
}
