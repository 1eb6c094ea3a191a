import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { TemporalUnavailable } from '../../../contracts/errors';
import type { NotifyInput } from '../../../contracts/notifications';
import { freePort } from '../../../ledger/embedded/process/free-port';
import { connectTemporal, type TemporalConnection } from '../../../worker/temporal/connect';
import { createStartNotify } from '../../../worker/temporal/start-notify';
import { freshTaskQueue, temporalConfig } from '../../support/servers';

describe('starting a notification', () => {
  let temporal: TemporalConnection;
  beforeAll(async () => {
    temporal = await connectTemporal(temporalConfig());
  });
  afterAll(() => temporal.close());

  const input = (): NotifyInput => ({
    notification: {
      run: { namespace: 'default', workflowId: randomUUID(), firstRunId: 'first' },
      ...{ event: 'run_ended', version: 7, at: 1 },
    },
    channels: ['hook'],
  });
  function starting(connection = temporal.connection) {
    const logged: object[] = [];
    const client = new Client({ connection, namespace: temporal.namespace });
    const log = { error: (details: object) => void logged.push(details) };
    return {
      client,
      logged,
      start: createStartNotify({ client, taskQueue: freshTaskQueue(), log }),
    };
  }

  it('does nothing more for one that was started, also once it is over', async () => {
    const { client, start, logged } = starting();
    const one = input();
    const { run, version, at } = one.notification;
    const handle = client.workflow.getHandle(
      `notify/default/${run.workflowId}/first/${version}-${at}`,
    );
    await start(one);
    const { runId } = await handle.describe();
    await start(one);
    await handle.terminate();
    await start(one);
    expect((await handle.describe()).runId).toBe(runId);
    expect(logged).toEqual([]);
  });

  it('says what cannot be started for now, so that it is tried again', async () => {
    const nowhere = Connection.lazy({ address: `127.0.0.1:${await freePort()}` });
    const { start, logged } = starting(nowhere);
    await expect(start(input())).rejects.toBeInstanceOf(TemporalUnavailable);
    expect(logged).toEqual([]);
    await nowhere.close();
  });

  it('logs what will never be started, and lets the run go on', async () => {
    const { start, logged } = starting();
    const { notification, channels } = input();
    // Longer than an id may be.
    const run = { ...notification.run, workflowId: 'x'.repeat(2_000) };
    await start({ notification: { ...notification, run }, channels });
    expect(logged).toHaveLength(1);
  });
});
