/** Temporal, as a client inside an installation reaches it. */
import type { Client, Connection } from '@temporalio/client';

/** Where runs are started, and how to name the server to a person. */
export interface TemporalAccess {
  client: Client;
  taskQueue: string;
  address: string;
}

/** Over a connection that there is already. */
export const accessTo = (client: Client, taskQueue: string): TemporalAccess => ({
  client,
  taskQueue,
  address: (client.connection as Partial<Connection>).options?.address ?? 'its address',
});
