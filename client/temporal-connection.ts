/** How the client reaches Temporal: starts, updates and queries go there directly. */
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { UserError } from '../contracts/errors';

/** Where runs are started, and how to name the server to a person. */
export interface TemporalAccess {
  client: Client;
  taskQueue: string;
  address: string;
}

/** Over a connection that there is already. */
export const accessTo = (client: Client, taskQueue: string): TemporalAccess => ({
  client,
  taskQueue,
  address: (client.connection as Partial<Connection>).options?.address ?? 'its address',
});

const CONNECT_MS = 10_000;

/**
 * Connects to the server of an installation. Address and namespace are the installation's; TLS,
 * API key and metadata come from Temporal's own configuration (`TEMPORAL_*`, its profile file).
 * @throws UserError `unavailable` naming the address, `bad_input` for a broken configuration.
 */
export async function connectTemporal(
  installation: { address: string; namespace: string; taskQueue: string },
  env: NodeJS.ProcessEnv = process.env,
): Promise<TemporalAccess & { connection: Connection }> {
  const { address, namespace, taskQueue } = installation;
  const options: ConnectionOptions = {
    ...credentials(env),
    ...directToLoopback(address),
    address,
    connectTimeout: CONNECT_MS,
  };
  let connection: Connection;
  try {
    connection = await Connection.connect(options);
  } catch (error) {
    const reason = error instanceof Error ? ` (${error.message})` : '';
    throw new UserError(
      'unavailable',
      `Temporal at ${address} cannot be reached${reason}: check that it runs and that TEMPORAL_* fits it.`,
    );
  }
  return { client: new Client({ connection, namespace }), connection, taskQueue, address };
}

function credentials(env: NodeJS.ProcessEnv): ConnectionOptions {
  const set = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  try {
    const loaded = loadClientConnectConfig({ overrideEnvVars: set }).connectionOptions;
    const { tls, apiKey, metadata } = loaded as ConnectionOptions;
    return {
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata }),
    };
  } catch (error) {
    throw new UserError(
      'bad_input',
      `Temporal's configuration (TEMPORAL_* or its profile file) cannot be used: ${(error as Error).message}.`,
      'TEMPORAL_*',
    );
  }
}

/** A proxy that the environment names cannot reach this machine's own loopback. */
function directToLoopback(address: string): ConnectionOptions {
  return /^(127\.|localhost:|\[::1\])/.test(address)
    ? { channelArgs: { 'grpc.enable_http_proxy': 0 } }
    : {};
}
