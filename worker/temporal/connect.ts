/** Connections to a Temporal server: the client's, and the one that workers need. */
import { Connection, type ConnectionOptions } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { UserError } from '../../contracts/errors';
import type { TemporalConnectionConfig } from './connection-config';
import { grpcFailure, grpcStatus } from './grpc-status';
import { namespaceExists } from './namespace';

/** A server that is there answers in milliseconds, Temporal Cloud in less than a second. */
export const connectMsMax = 5_000;

export interface TemporalConnection {
  connection: Connection;
  namespace: string;
  /** For workers; connects at the first call (it loads a native library, which clients need not). */
  nativeConnection(): Promise<NativeConnection>;
  close(): Promise<void>;
}

/**
 * Connects to the server and sees that the namespace is there.
 * @throws UserError `unavailable` within 5 s, naming the address and the ways out.
 */
export async function connectTemporal(
  config: TemporalConnectionConfig,
): Promise<TemporalConnection> {
  const connection = openConnection({ ...config, connectMsMax, retries: true });
  try {
    await connection.ensureConnected();
    if (!(await namespaceExists(connection, config.namespace))) {
      throw new UserError(
        'unavailable',
        `the Temporal server at ${config.address} has no namespace "${config.namespace}"; create it (temporal operator namespace create -n ${config.namespace}) or set TEMPORAL_NAMESPACE to another.`,
      );
    }
  } catch (error) {
    await connection.close();
    throw error instanceof UserError ? error : unreachable(config, error);
  }
  let native: Promise<NativeConnection> | undefined;
  return {
    connection,
    namespace: config.namespace,
    nativeConnection() {
      native ??= connectNative(config);
      return native;
    },
    async close() {
      // A connection that failed has told its caller so; there is nothing to close then.
      await (await native?.catch(() => undefined))?.close();
      await connection.close();
    },
  };
}

/** A connection that is not made yet; `ensureConnected()` makes it within `connectMsMax`. */
export function openConnection(options: {
  address: string;
  connectMsMax: number;
  /** Whether calls are tried again by the SDK; a poll does that itself. */
  retries: boolean;
  tls?: TemporalConnectionConfig['tls'];
  apiKey?: string;
  metadata?: Record<string, string>;
}): Connection {
  return Connection.lazy({
    address: options.address,
    connectTimeout: options.connectMsMax,
    ...(options.tls !== undefined && { tls: options.tls }),
    ...(options.apiKey !== undefined && { apiKey: options.apiKey }),
    ...(options.metadata !== undefined && { metadata: options.metadata }),
    ...(!options.retries && { interceptors: [] }),
    ...directToLoopback(options.address),
  });
}

/** `http_proxy` is for servers elsewhere: a proxy cannot reach this machine's own loopback. */
function directToLoopback(address: string): Pick<ConnectionOptions, 'channelArgs'> {
  return /^(127\.|localhost[:]?|\[::1\])/.test(address)
    ? { channelArgs: { 'grpc.enable_http_proxy': 0 } }
    : {};
}

async function connectNative(config: TemporalConnectionConfig): Promise<NativeConnection> {
  const { NativeConnection } = await import('@temporalio/worker');
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), connectMsMax);
  });
  const attempt = NativeConnection.connect({
    address: config.address,
    ...(config.tls !== undefined && { tls: config.tls }),
    ...(config.apiKey !== undefined && { apiKey: config.apiKey }),
    ...(config.metadata !== undefined && { metadata: config.metadata }),
  });
  try {
    return await Promise.race([attempt, tooLate]);
  } catch (error) {
    // One that comes too late is closed, not kept.
    attempt.then(
      (late) => late.close(),
      () => undefined,
    );
    throw unreachable(config, error);
  } finally {
    clearTimeout(timer);
  }
}

function unreachable(config: TemporalConnectionConfig, error: unknown): UserError {
  const failure = grpcFailure(error);
  if (
    failure?.code === grpcStatus.unauthenticated ||
    failure?.code === grpcStatus.permissionDenied
  ) {
    return new UserError(
      'unavailable',
      `the Temporal server at ${config.address} refuses this caller (${failure.details}); see that TEMPORAL_API_KEY or the TEMPORAL_TLS_* certificates belong to namespace "${config.namespace}".`,
    );
  }
  const reason = failure?.details ?? (error as Error).message;
  return new UserError(
    'unavailable',
    `no Temporal server answers at ${config.address} within ${connectMsMax / 1000} s (${reason}); start it, correct TEMPORAL_ADDRESS and the TEMPORAL_TLS settings, or unset them to have Tuesday bring one up.`,
  );
}
