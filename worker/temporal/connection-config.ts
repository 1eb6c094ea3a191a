/**
 * Which Temporal server the user has configured, in the ecosystem's own way: `TEMPORAL_*`
 * variables and the profiles of Temporal's configuration file, read by `@temporalio/envconfig`.
 */
import { existsSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/common/lib/internal-non-workflow';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { UserError } from '../../contracts/errors';

export interface TemporalConnectionConfig {
  /**
   * True when the user has configured a server of their own or Temporal Cloud; false when Tuesday
   * should bring one up (then `address` is where Temporal listens by default).
   */
  given: boolean;
  /** `host:port` */
  address: string;
  namespace: string;
  tls?: TLSConfig | boolean;
  apiKey?: string;
  metadata?: Record<string, string>;
}

const defaultPort = 7233;
const defaultAddress = `127.0.0.1:${defaultPort}`;
const defaultNamespace = 'default';

/** Variables that are true or false; the library takes every other word for false. */
const booleanVariables = ['TEMPORAL_TLS', 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION'] as const;

/** Each needs the other: the library would silently use neither. */
const certificatePairs = [
  ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'],
  ['TEMPORAL_TLS_CLIENT_CERT_DATA', 'TEMPORAL_TLS_CLIENT_KEY_DATA'],
] as const;

/**
 * @param env usually `process.env`. An empty variable counts as not set.
 * @throws UserError `bad_input` that names the variable or the file.
 */
export function temporalConnectionConfig(env: NodeJS.ProcessEnv): TemporalConnectionConfig {
  const set = withoutEmpty(env);
  refuseBadVariables(set);
  refuseMissingFile(set.TEMPORAL_CONFIG_FILE);
  const { connectionOptions, namespace } = load(set);
  const { address, tls, apiKey, metadata } = connectionOptions;
  const given = address !== undefined;
  const wantsServer = apiKey !== undefined || (tls !== undefined && tls !== false);
  if (!given && (wantsServer || set.TEMPORAL_PROFILE !== undefined)) {
    const what = ['TEMPORAL_PROFILE', 'TEMPORAL_API_KEY'].find((name) => set[name] !== undefined);
    throw badInput(
      `${what ?? 'TLS for Temporal'} is set without an address; set TEMPORAL_ADDRESS to the server's host:port, or unset it to have Tuesday bring one up.`,
      'TEMPORAL_ADDRESS',
    );
  }
  return {
    given,
    address: given ? withPort(address) : defaultAddress,
    namespace: namespace ?? defaultNamespace,
    ...(tls !== undefined && tls !== null && { tls }),
    ...(apiKey !== undefined && { apiKey }),
    ...(metadata !== undefined && { metadata: metadata as Record<string, string> }),
  };
}

/** The library takes a missing file for an empty one, which is right for the default path only. */
function refuseMissingFile(path: string | undefined): void {
  if (path === undefined || existsSync(path)) return;
  throw badInput(
    `TEMPORAL_CONFIG_FILE names ${path}, which does not exist; correct it or unset it.`,
    'TEMPORAL_CONFIG_FILE',
  );
}

function withoutEmpty(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
}

function refuseBadVariables(set: Record<string, string>): void {
  for (const name of booleanVariables) {
    const value = set[name];
    if (value !== undefined && !['true', 'false', '1', '0'].includes(value)) {
      throw badInput(`${name} is "${value}"; set it to true or false.`, name);
    }
  }
  if (['true', '1'].includes(set.TEMPORAL_TLS_DISABLE_HOST_VERIFICATION ?? '')) {
    throw badInput(
      "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is not supported; unset it, and set TEMPORAL_TLS_SERVER_CA_CERT_PATH or TEMPORAL_TLS_SERVER_NAME to match the server's certificate.",
      'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION',
    );
  }
  for (const [certificate, key] of certificatePairs) {
    if ((set[certificate] === undefined) === (set[key] === undefined)) continue;
    const [present, absent] = set[key] === undefined ? [certificate, key] : [key, certificate];
    throw badInput(`${present} is set without ${absent}; set both or neither.`, absent);
  }
}

function load(set: Record<string, string>): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig({ overrideEnvVars: set });
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    const variable = Object.keys(set).find(
      (name) => name.startsWith('TEMPORAL_') && path !== undefined && set[name] === path,
    );
    if (code !== undefined && path !== undefined) {
      throw badInput(
        `${path}${variable === undefined ? '' : `, named by ${variable},`} cannot be read (${code}); correct the path or unset it.`,
        variable,
      );
    }
    const [sentence] = message.split('\n');
    throw badInput(
      `Temporal's configuration cannot be used: ${sentence}; correct the TEMPORAL_* variables or the configuration file${set.TEMPORAL_CONFIG_FILE === undefined ? '' : ` ${set.TEMPORAL_CONFIG_FILE}`}.`,
      'TEMPORAL_CONFIG_FILE',
    );
  }
}

/** As the SDK does, a host alone means Temporal's own port. */
function withPort(address: string): string {
  const match = /^(\[[\da-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/.exec(address);
  const port = Number(match?.[2] ?? defaultPort);
  if (match !== null && port > 0 && port <= 65_535) return `${match[1]}:${port}`;
  throw badInput(
    `TEMPORAL_ADDRESS is "${address}"; set it to host:port without a scheme, e.g. temporal.example:${defaultPort}.`,
    'TEMPORAL_ADDRESS',
  );
}

function badInput(message: string, field?: string): UserError {
  return new UserError('bad_input', message, field);
}
