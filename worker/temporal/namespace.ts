/** Making a namespace ready for runs: it exists, and it knows Tuesday's search attributes. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { UserError } from '../../contracts/errors';
import type { SearchAttributeTypeName } from '../../contracts/search-attributes';
import { grpcFailure, grpcStatus } from './grpc-status';

export type SearchAttributeTypes = Readonly<Record<string, SearchAttributeTypeName>>;

/** `temporal.api.enums.v1.IndexedValueType` */
const indexedValueTypes: Record<SearchAttributeTypeName, number> = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Datetime: 6,
  KeywordList: 7,
};

/** For one call to a server that has answered before. */
const callMsMax = 10_000;

/** Servers cache namespaces and search attributes; a cluster refreshes within 10 s or so. */
const visibleMsMax = 30_000;
const visiblePollMs = 20;

/** How long the server keeps closed runs of a namespace that is created here. */
const retention = '1 day';

/**
 * Creates the namespace where it is missing, and waits until the server serves it; for servers of
 * our own only. The server remembers for seconds that a name it was asked for does not exist, so
 * nothing is asked before it is created.
 */
export async function ensureNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await call(connection, () =>
      connection.workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: msToTs(retention),
      }),
    );
  } catch (error) {
    if (grpcFailure(error)?.code !== grpcStatus.alreadyExists) throw error;
  }
  const until = Date.now() + visibleMsMax;
  while (!(await namespaceExists(connection, namespace))) {
    if (Date.now() > until) {
      throw new UserError(
        'unavailable',
        `Temporal does not serve its new namespace "${namespace}" after ${visibleMsMax / 1000} s; try again.`,
      );
    }
    await delay(visiblePollMs);
  }
}

export async function namespaceExists(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await call(connection, () => connection.workflowService.describeNamespace({ namespace }));
    return true;
  } catch (error) {
    if (grpcFailure(error)?.code === grpcStatus.notFound) return false;
    throw error;
  }
}

/**
 * Registers the search attributes that the namespace lacks, and waits until the server lists them.
 * @throws UserError `conflict` where one exists with another type; `unavailable` where this
 *   caller may not register any (Temporal Cloud: they are added in its console), with the names.
 */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: SearchAttributeTypes,
): Promise<void> {
  const missing = await missingAttributes(connection, namespace, wanted);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(
    missing.map(([name, type]) => [name, indexedValueTypes[type]]),
  );
  try {
    await call(connection, () =>
      connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
    );
  } catch (error) {
    const failure = grpcFailure(error);
    if (failure === undefined) throw error;
    if (failure.code !== grpcStatus.alreadyExists) {
      const list = missing.map(([name, type]) => `${name} (${type})`).join(', ');
      throw new UserError(
        'unavailable',
        `the Temporal namespace "${namespace}" lacks the search attributes ${list} and they could not be added (${failure.details}); add them there.`,
      );
    }
  }
  const until = Date.now() + visibleMsMax;
  while ((await missingAttributes(connection, namespace, wanted)).length > 0) {
    if (Date.now() > until) {
      throw new UserError(
        'unavailable',
        `the Temporal namespace "${namespace}" does not list its new search attributes after ${visibleMsMax / 1000} s; try again.`,
      );
    }
    await delay(visiblePollMs);
  }
}

async function missingAttributes(
  connection: Connection,
  namespace: string,
  wanted: SearchAttributeTypes,
): Promise<[string, SearchAttributeTypeName][]> {
  const { customAttributes } = await call(connection, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const entries = Object.entries(wanted);
  for (const [name, type] of entries) {
    const found: number | undefined = customAttributes[name];
    if (found !== undefined && found !== indexedValueTypes[type]) {
      throw new UserError(
        'conflict',
        `the Temporal namespace "${namespace}" has a search attribute ${name} of another type than ${type}; use another namespace (TEMPORAL_NAMESPACE).`,
      );
    }
  }
  return entries.filter(([name]) => customAttributes[name] === undefined);
}

function call<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + callMsMax, work);
}
