/** The Temporal SDK's own messages, which there is one runtime per process for, go to our log. */
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

const LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
} as const;

let installed = false;

/** Must come before the first connection of the process; later calls change nothing. */
export function logTemporalTo(log: Logger): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      log[LEVELS[level]]({ ...meta }, message),
    ),
    // Its native part writes to the console unless it is told not to.
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    // The composition root stops everything in order; the SDK must not do it first.
    shutdownSignals: [],
  });
}
