/**
 * What is written down about a development server, beside its database file (or, in memory, its
 * log), so that one left behind by a killed parent is found again.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import {
  isAlive,
  isProcessIdentity,
  ownIdentity,
  type ProcessIdentity,
} from '../../ledger/embedded/process/process-identity';
import { parseJson, replaceFile } from '../../ledger/embedded/process/start-lock';

export interface DevServerState {
  /** `undefined` between the decision to start and the start. */
  server?: ProcessIdentity;
  /** The process whose `stop()` ends the server. */
  owner: ProcessIdentity;
  port: number;
  uiPort?: number;
  /** The command line without its ports: a server started with another one is not taken over. */
  settings: string;
  /**
   * False from before a database file is created until the server has answered once. A file whose
   * creation was cut off cannot be opened, and holds nothing yet.
   */
  databaseComplete: boolean;
}

export type RunningServer = DevServerState & { server: ProcessIdentity };

export async function readState(file: string): Promise<DevServerState | undefined> {
  const state = parseJson(await readFile(file, 'utf8').catch(() => '')) as
    | Partial<DevServerState>
    | undefined;
  return isProcessIdentity(state?.owner) ? (state as DevServerState) : undefined;
}

export async function writeState(file: string, state: DevServerState): Promise<void> {
  await replaceFile(file, JSON.stringify(state));
}

export async function removeState(file: string): Promise<void> {
  await rm(file, { force: true });
}

export function isServerAlive(state: DevServerState | undefined): state is RunningServer {
  return isProcessIdentity(state?.server) && isAlive(state.server);
}

export function isOrphan(state: DevServerState): boolean {
  return !isAlive(state.owner);
}

export function isOwn(state: DevServerState): boolean {
  return state.owner.pid === process.pid && state.owner.startedAt === ownIdentity().startedAt;
}

/** Removes a database file whose creation was cut off, with its log and its index. */
export async function removeIncompleteDatabase(
  dbFile: string,
  state: DevServerState | undefined,
): Promise<void> {
  if (state === undefined || state.databaseComplete) return;
  for (const file of [dbFile, `${dbFile}-wal`, `${dbFile}-shm`, `${dbFile}-journal`]) {
    await rm(file, { force: true });
  }
}

export async function fileExists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
