/** Workers killed between sending a notification and noting that it was taken. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../ledger/embedded/process/free-port';
import { eventually } from '../support/eventually';
import { deliveriesCounted } from '../support/metrics';
import { startTarget, TARGET_SECRET, type TestTarget } from '../support/publish-target';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses } from '../support/worker-process';

// Starts two processes and waits for a heartbeat that does not come.
jest.setTimeout(120_000);

describe('a notification whose worker is killed while it is delivered', () => {
  const workers = useWorkerProcesses();
  let test: TestTuesday;
  let hook: TestTarget;
  beforeAll(async () => {
    hook = await startTarget();
    test = await startTestTuesday({ hasWorker: false });
  });
  afterAll(async () => {
    await test.stop();
    await hook.close();
  });

  it('arrives again under the same id, and then no more', async () => {
    const file = join(test.dataDir, 'channels.json');
    const secretEnv = 'HOOK_SECRET';
    const channel = { kind: 'webhook', url: hook.url, secretEnv, events: ['run_ended'] };
    writeFileSync(file, JSON.stringify({ hook: channel }));
    const env = { TUESDAY_NOTIFICATIONS: file, [secretEnv]: TARGET_SECRET };
    const first = await workers.start(test, { env });
    hook.next('hold');
    const sent = hook.arrival();
    const { id } = await test.tuesday.startRun(team([phase('only')]), {
      question: 'What is worth a note?',
      user: 'tester',
    });
    const lost = await sent;
    // The run has ended: it waits for no channel.
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
    await first.kill();

    const again = hook.arrival();
    const metricsAddress = `127.0.0.1:${await freePort()}`;
    await workers.start(test, { env, metricsAddress });
    const { headers, body } = await again;
    expect([headers['webhook-id'], body]).toEqual([lost.headers['webhook-id'], lost.body]);
    await eventually(
      async () =>
        expect(await deliveriesCounted(metricsAddress)).toEqual({ 'hook run_ended: delivered': 1 }),
      20_000,
    );

    // Another one on the same queue shows that nothing of the first is left to be sent.
    const { id: next } = await test.tuesday.startRun(team([phase('only')]), {
      question: 'What else?',
      user: 'tester',
    });
    await eventually(
      async () =>
        expect(await deliveriesCounted(metricsAddress)).toEqual({ 'hook run_ended: delivered': 2 }),
      20_000,
    );
    const told = hook.received.map(({ body: text }) => JSON.parse(text).data.run);
    expect(told).toEqual([id, id, next]);
  });
});
