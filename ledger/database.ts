/** The connection to PostgreSQL, its migrations, and the one translation of its errors. */
import { join } from 'node:path';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client, Pool } from 'pg';
import { LedgerUnavailable, TemporalUnavailable, UserError } from '../contracts/errors';
import { LEDGER } from '../contracts/limits';

/** What asks within a transaction. */
export type Transaction = NodePgDatabase;

export interface Database {
  db: NodePgDatabase;
  /**
   * Runs `work` in a transaction. Where it fails, its connection is closed and the server rolls
   * back: nobody can tell what became of a connection that broke, and one that hangs must not go
   * back into the pool. (Drizzle's own keeps a connection for good where BEGIN itself fails.)
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Where it is, without the password. */
  location: string;
  close(): Promise<void>;
}

const MIGRATIONS = join(__dirname, 'migrations');
/** Two processes that start at once must not both migrate. Any number serves, if it is always the same. */
const MIGRATION_LOCK = 7_331_001;

/**
 * Connects and brings the tables up to date.
 * @throws UserError `unavailable` naming the server when it cannot be reached or used.
 */
export async function openDatabase(url: string): Promise<Database> {
  const location = locationOf(url);
  await migrateOnce(url, location);
  const pool = new Pool({
    connectionString: url,
    max: LEDGER.poolConnectionsMax,
    connectionTimeoutMillis: LEDGER.connectMs,
    query_timeout: LEDGER.statementMs,
    statement_timeout: LEDGER.statementMs,
    // A worker that freezes in a transaction must not keep its locks for good.
    idle_in_transaction_session_timeout: LEDGER.transactionIdleMs,
    keepAlive: true,
  });
  // A connection that breaks is replaced by the pool at the next query: nothing is lost while it is
  // idle, and in a transaction the query fails. Without a listener of its own it ends the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    db: drizzle(pool),
    transaction: (work) => transaction(pool, work),
    location,
    close: () => pool.end(),
  };
}

async function transaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(drizzle(client));
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function migrateOnce(url: string, location: string): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: LEDGER.connectMs,
  });
  // A connection that breaks fails the query that waits for it; nobody else needs to know.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: MIGRATIONS });
  } catch (error) {
    throw unusable(location, error);
  } finally {
    await client.end();
  }
}

export function unusable(location: string, error: unknown): UserError {
  const { message, code } = error as { message?: string; code?: unknown };
  return new UserError(
    'unavailable',
    `PostgreSQL at ${location} cannot be used: ${message || String(code)}. Start it, correct DATABASE_URL, or leave DATABASE_URL out to use the embedded server.`,
  );
}

/**
 * `host:port/database`, for messages: a password must not get into logs.
 * @throws UserError `bad_input` for what is not the URL of a PostgreSQL database
 */
export function locationOf(url: string): string {
  try {
    const { protocol, username, password, hostname, port, pathname } = new URL(url);
    if (protocol !== 'postgres:' && protocol !== 'postgresql:') throw new TypeError(protocol);
    // The driver decodes these; what it cannot decode is no URL to it.
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return `${hostname}:${port || 5432}${pathname}`;
  } catch {
    throw new UserError(
      'bad_input',
      'DATABASE_URL is not a URL of PostgreSQL: write it as postgres://user:password@host:5432/database, with special characters percent-encoded.',
      'DATABASE_URL',
    );
  }
}

/** Codes of PostgreSQL itself; `EPIPE` and the like are Node's. */
const SQLSTATE = /^(?:[0-9F][0-9A-Z]|HV|P0|XX)[0-9A-Z]{3}$/;
/** SQLSTATE classes that pass by themselves: connection, resources, operator, system; plus serialisation, deadlock, and a server that is not the primary yet. */
const PASSING = /^(08|53|57|58|40|25006)/;

/** SQLSTATEs of texts that PostgreSQL cannot hold, as text and within JSON. */
const UNSTORABLE = new Set(['22021', '22P05']);
/** Thrown by our own code around a query. */
const NEVER_PASSING = [RangeError, TypeError, ReferenceError, UserError, TemporalUnavailable];

/** Runs a query; whatever may pass by itself becomes `LedgerUnavailable`. */
export async function ask<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    // Drizzle wraps the driver's error.
    const cause = (error as { cause?: unknown }).cause ?? error;
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'string' && UNSTORABLE.has(code))
      throw new UserError(
        'bad_input',
        'The text holds a character that cannot be stored, such as U+0000: leave it out.',
      );
    const defect = typeof code === 'string' && SQLSTATE.test(code) && !PASSING.test(code);
    if (defect || NEVER_PASSING.some((kind) => error instanceof kind)) throw error;
    throw new LedgerUnavailable(cause);
  }
}
