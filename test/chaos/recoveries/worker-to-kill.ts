import { type ChildScript, runChildScript } from '../../support/child-script';
import { temporalAddress } from '../../support/servers';
import type { Chaos } from './chaos-case';

/** A worker of the case's run in a process of its own, which recovers as the case does. */
export async function startWorkerToKill(chaos: Chaos): Promise<ChildScript> {
  const { databaseUrl, taskQueue, simulator, publishDir } = chaos.test;
  const worker = runChildScript(
    {
      ...{ databaseUrl, taskQueue, publishDir },
      modelUrl: simulator.url,
      address: temporalAddress(),
      recoveries: chaos.recoveries,
    },
    `const { Client } = require('@temporalio/client');
     const { pino } = require('pino');
     const { openLedger } = load('ledger/index');
     const { connectTemporal } = load('worker/temporal/connect');
     const { startTeamWorker } = load('worker/team-worker');
     const { createAnthropicModel } = load('activities/model/anthropic');
     const { PRICES } = load('domain/prices');
     const { benchAudit, benchSigner } = load('bench/support/bench-secret');
     const connection = await connectTemporal({ given: true, address: input.address, namespace: 'default' });
     await startTeamWorker({
       connection: await connection.nativeConnection(),
       client: new Client({ connection: connection.connection, namespace: 'default' }),
       taskQueue: input.taskQueue,
       ledger: await openLedger(input.databaseUrl, undefined, benchAudit()),
       model: createAnthropicModel({ apiKey: 'test-key', baseUrl: input.modelUrl }),
       provider: 'offline simulator',
       signer: benchSigner(),
       prices: PRICES,
       publishDir: input.publishDir,
       publishTargets: {},
       sources: {},
       channels: {},
       recoveries: input.recoveries,
       log: pino({ level: 'silent' }),
     });
     tell('ready');
     await heard();`,
  );
  chaos.cleanUp(() => worker.kill());
  await worker.next();
  return worker;
}
