/** Creating a database on the running server, which proves at the same time that it can be used. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError, escapeIdentifier } from 'pg';
import { UserError } from '../../contracts/errors';
import { type DataFolder, otherFolder } from './data-folder';
import { explainKnown } from './failures';
import type { Postmaster } from './postmaster';

/** A server that takes connections answers in milliseconds. */
const connectMsMax = 5_000;

/** Creating a database copies 8 MB, which a busy disk may take its time for. */
const createDatabaseMsMax = 60_000;

/** A server of which one process has died refuses connections until it has recovered. */
const recoveryMsMax = 30_000;
const recoveryPollMs = 50;

/** SQLSTATE codes, PostgreSQL documentation, appendix A. */
const sqlStates = {
  cannotConnectNow: '57P03',
  duplicateDatabase: '42P04',
  uniqueViolation: '23505',
} as const;

/**
 * Creates the database if it is missing.
 * @throws UserError `unavailable` when the server takes no connection with this folder's password.
 */
export async function ensureDatabase(
  adminUrl: string,
  name: string,
  folder: DataFolder,
  server: Postmaster,
): Promise<void> {
  const until = Date.now() + recoveryMsMax;
  for (;;) {
    const error = await tryToEnsure(adminUrl, name);
    if (error === undefined) return;
    if (sqlState(error) !== sqlStates.cannotConnectNow || Date.now() > until) {
      throw (
        explainKnown(error.message, folder) ??
        new UserError(
          'unavailable',
          `PostgreSQL (process ${server.identity.pid}, port ${server.port}) in ${folder.root} cannot be used: ${error.message} (see ${folder.log}); end that process and try again, or ${otherFolder}.`,
        )
      );
    }
    await delay(recoveryPollMs);
  }
}

async function tryToEnsure(adminUrl: string, name: string): Promise<Error | undefined> {
  const client = new Client({
    connectionString: adminUrl,
    connectionTimeoutMillis: connectMsMax,
    query_timeout: createDatabaseMsMax,
  });
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`);
    return undefined;
  } catch (error) {
    const state = sqlState(error);
    // Another process has created it at the same moment.
    if (state === sqlStates.duplicateDatabase || state === sqlStates.uniqueViolation) return;
    return error as Error;
  } finally {
    await client.end();
  }
}

function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}
