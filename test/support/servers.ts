/** What a test file gets of the servers that `global-setup.ts` has brought up. */
import { randomUUID } from 'node:crypto';
import { Client as DatabaseClient, escapeIdentifier } from 'pg';
import { SEARCH_ATTRIBUTES } from '../../contracts/search-attributes';
import { connectTemporal } from '../../worker/temporal/connect';
import { ensureNamespace, ensureSearchAttributes } from '../../worker/temporal/namespace';

export interface TestDatabase {
  url: string;
  /** Removes the database, cutting off connections that are still open. */
  drop(): Promise<void>;
}

/** An empty database of the caller's own. */
export async function freshDatabase(): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(`CREATE DATABASE ${escapeIdentifier(name)}`);
  const url = new URL(databaseAdminUrl());
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => administer(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`),
  };
}

/** `host:port` of the Temporal server; its namespace `default` has all search attributes. */
export function temporalAddress(): string {
  return setUp('TUESDAY_TEST_TEMPORAL_ADDRESS');
}

/** For `connectTemporal`. */
export function temporalConfig(namespace = 'default'): {
  given: true;
  address: string;
  namespace: string;
} {
  return { given: true, address: temporalAddress(), namespace };
}

/** A task queue that no other test polls. */
export function freshTaskQueue(): string {
  return `test-${randomUUID()}`;
}

/** A namespace of the caller's own with all search attributes: for tests that list or count runs. */
export async function freshNamespace(): Promise<string> {
  const namespace = `test-${randomUUID()}`;
  const { connection, close } = await connectTemporal(temporalConfig());
  try {
    await ensureNamespace(connection, namespace);
    await ensureSearchAttributes(connection, namespace, SEARCH_ATTRIBUTES);
    return namespace;
  } finally {
    await close();
  }
}

async function administer(statement: string): Promise<void> {
  const client = new DatabaseClient({ connectionString: databaseAdminUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function databaseAdminUrl(): string {
  return setUp('TUESDAY_TEST_DATABASE_ADMIN_URL');
}

function setUp(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: jest runs without global-setup.ts`);
  return value;
}
