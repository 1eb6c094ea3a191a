import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdmin } from './admin';
import { type BillLine, createBill } from './bill';
import { createHolds, type Latency } from './delivery';
import { createFaults } from './faults/armed-faults';
import type { Fault } from './faults/kinds';
import { BODY_RECEIVE_MS_MAX, KEEP_ALIVE_MS } from './limits';
import { createPromptCache } from './prompt-cache';
import { createRequestLog, type RequestListener, type RequestLogEntry } from './request-log';
import { createApi } from './server';

export type { BillLine } from './bill';
export type { Latency } from './delivery';
export type { Fault } from './faults/kinds';
export { readScenario } from './faults/scenario';
export type { RequestListener, RequestLogEntry } from './request-log';
export type { BilledUsage } from './usage';

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Decides every choice of the answers. Default 1. */
  seed?: number;
  /** Accepted keys. Default: any that is not empty. */
  apiKeys?: string[];
  latency?: Latency;
  /** Bill lines are appended to it as JSON lines when their delivery has ended. */
  billFile?: string;
  faults?: Fault[];
  /** Names of request headers that bill and log record. Default `['idempotency-key']`. */
  recordHeaders?: string[];
}

export interface Simulator {
  /** For the SDK's `baseURL`. */
  url: string;
  port: number;
  bill(): BillLine[];
  requests(): RequestLogEntry[];
  /** Throws a `ZodError` for a fault that is none. */
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** `undefined`: any key that is not empty. */
  setApiKeys(keys: string[] | undefined): void;
  /** Lets held requests go. */
  release(): void;
  /** Called when the status of a request is decided, before anything is sent. */
  onRequest(listener: RequestListener): () => void;
  /** Cuts what is still open. */
  close(): Promise<void>;
}

/**
 * Starts an offline Messages API (docs/simulator.md). Rejects with Node's own error when host or
 * port cannot be had, and with a `ZodError` for a fault that is none.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const seed = options.seed ?? 1;
  const bill = createBill(options.billFile);
  const log = createRequestLog();
  const faults = createFaults(seed, options.faults);
  const holds = createHolds();
  let apiKeys = options.apiKeys;
  const api = createApi({
    seed,
    latency: options.latency ?? {},
    recordHeaders: options.recordHeaders ?? ['idempotency-key'],
    apiKeys: () => apiKeys,
    cache: createPromptCache(),
    bill,
    log,
    faults,
    holds,
  });
  const admin = createAdmin({
    bill,
    log,
    faults,
    holds,
    setApiKeys: (keys) => {
      apiKeys = keys;
    },
  });
  const server = createServer((request, response) => {
    const handler = request.url?.startsWith('/_simulator/') ? admin : api;
    void handler(request, response);
  });
  server.requestTimeout = BODY_RECEIVE_MS_MAX;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    bill: bill.lines,
    requests: log.entries,
    addFault: faults.add,
    clearFaults: faults.clear,
    setApiKeys: (keys) => {
      apiKeys = keys;
    },
    release: holds.release,
    onRequest: log.listen,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
