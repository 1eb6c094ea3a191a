/**
 * The Temporal SDK's runtime, of which there is one per process: its messages go to our log, its
 * metrics and ours to whoever scrapes them.
 */
import { isIP } from 'node:net';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { UserError } from '../../contracts/errors';

const VARIABLE = 'TUESDAY_METRICS_ADDRESS';
const PORT_MAX = 65_535;

const LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
} as const;

let installed = false;

/**
 * Where the metrics of this process can be scraped, as `address:port`; undefined where nobody has
 * asked for it. A port alone is one of the loopback address: others reach it only where it is said.
 * @throws UserError `bad_input`
 */
export function metricsAddress(env: NodeJS.ProcessEnv): string | undefined {
  const text = env[VARIABLE];
  if (!text) return undefined;
  const [, given = '127.0.0.1', port = ''] = /^(?:(\[.+\]|[^:]+):)?(\d{1,5})$/.exec(text) ?? [];
  const host = given === 'localhost' ? '127.0.0.1' : given;
  const version = isIP(host.replace(/^\[(.+)\]$/, '$1'));
  const isAddress = version === (host.startsWith('[') ? 6 : 4);
  if (isAddress && Number(port) >= 1 && Number(port) <= PORT_MAX) return `${host}:${Number(port)}`;
  throw new UserError(
    'bad_input',
    `"${text}" is not where metrics can be served: write ${VARIABLE} as address:port with an IP address, e.g. 127.0.0.1:9464, or as a port alone.`,
    VARIABLE,
  );
}

/**
 * Must come before the first connection of the process; later calls change nothing.
 * @param metrics where to serve them; default nowhere
 * @throws UserError `conflict` where that is taken or not an address of this machine
 */
export function startRuntime(log: Logger, metrics?: string): void {
  if (installed) return;
  try {
    install(log, metrics);
    installed = true;
  } catch (error) {
    if (metrics === undefined) throw error;
    throw new UserError(
      'conflict',
      `Metrics cannot be served at ${metrics} (${reasonOf(error as Error)}): set ${VARIABLE} to another port of this machine for each process, or leave it out.`,
      VARIABLE,
    );
  }
}

function install(log: Logger, metrics: string | undefined): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      log[LEVELS[level]]({ ...meta }, message),
    ),
    telemetryOptions: {
      // Its native part writes to the console unless it is told not to.
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      ...(metrics === undefined ? {} : { metrics: { prometheus: { bindAddress: metrics } } }),
    },
    // The composition root stops everything in order; the SDK must not do it first.
    shutdownSignals: [],
  });
}

/** `Failed to start prometheus metrics exporter: Address already in use (os error 98)`: the words in the middle. */
const reasonOf = ({ message }: Error): string =>
  message.replace(/^.*: /, '').replace(/ \(os error \d+\)$/, '');
