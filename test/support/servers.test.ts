import { Client as TemporalClient } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { Client } from 'pg';
import { connectTemporal } from '../../worker/temporal/connect';
import { freshDatabase, freshNamespace, freshTaskQueue, temporalConfig } from './servers';

describe('servers for tests', () => {
  it('gives each caller a database of its own and removes it with open connections', async () => {
    const [one, two] = await Promise.all([freshDatabase(), freshDatabase()]);
    const client = new Client({ connectionString: one.url });
    client.on('error', () => undefined); // cut off by drop()
    await client.connect();
    await client.query('CREATE TABLE only_here (id int)');
    const other = new Client({ connectionString: two.url });
    await other.connect();
    await expect(other.query('SELECT * FROM only_here')).rejects.toThrow(/does not exist/);
    await other.end();
    await Promise.all([one.drop(), two.drop()]);
    await expect(new Client({ connectionString: one.url }).connect()).rejects.toThrow(
      /does not exist/,
    );
  });

  it('gives a namespace in which a run with our search attributes starts and is found', async () => {
    const namespace = await freshNamespace();
    const { connection, close } = await connectTemporal(temporalConfig(namespace));
    const client = new TemporalClient({ connection, namespace });
    const team = defineSearchAttributeKey('TuesdayTeam', 'KEYWORD');
    await client.workflow.start('anything', {
      taskQueue: freshTaskQueue(),
      workflowId: 'run',
      typedSearchAttributes: [{ key: team, value: 'report' }],
    });
    const found = await client.workflow.count(`TuesdayTeam = "report"`);
    expect(found.count).toBe(1);
    await client.workflow.getHandle('run').terminate();
    await close();
  });
});
