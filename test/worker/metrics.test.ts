import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../ledger/embedded/process/free-port';
import { metricsAddress } from '../../worker/temporal/runtime';
import { recoveriesCounted } from '../support/metrics';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses } from '../support/worker-process';

describe('where metrics are served', () => {
  const at = (text: string) => metricsAddress({ TUESDAY_METRICS_ADDRESS: text });

  it('is nowhere unless it is said, and on this machine only unless that is said', () => {
    expect(metricsAddress({})).toBeUndefined();
    expect(at('')).toBeUndefined();
    expect([at('9464'), at('localhost:9464'), at('0.0.0.0:9464'), at('[::1]:09464')]).toEqual([
      '127.0.0.1:9464',
      '127.0.0.1:9464',
      '0.0.0.0:9464',
      '[::1]:9464',
    ]);
  });

  it.each([
    'here',
    '127.0.0.1',
    '127.0.0.1:0',
    ':9464',
    '::1:9464',
    '[1.2.3.4]:5',
    '1.2.3.4:65536',
  ])('is not %s, which one sentence says', (text) => {
    expect(() => at(text)).toThrow(
      expect.objectContaining({
        kind: 'bad_input',
        message: expect.stringMatching(
          /^".*" is not where .*TUESDAY_METRICS_ADDRESS as address:port/,
        ),
      }),
    );
  });
});

describe('a worker that serves metrics', () => {
  const workers = useWorkerProcesses();
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ hasWorker: false });
  });
  afterAll(() => test.stop());

  it('counts every recovery once, by point, failure and recovery', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const worker = await workers.start(test, { metricsAddress: address });
    expect(worker.said()).toContain(`metrics: http://${address}/metrics\n`);
    const { simulator, tuesday } = test;
    simulator.addFault({ kind: 'http_error', status: 529, phase: 'first', times: 2 });
    simulator.addFault({ kind: 'refusal', phase: 'second', times: 1 });
    simulator.addFault({ kind: 'refusal', phase: 'third' });
    const fallbackModels = [{ name: 'claude-sonnet-5-5' }];
    const run = await tuesday.startRun(
      team(
        row(
          phase('first'),
          phase('second', { fallbackModels }),
          // The last event of the run before its end.
          phase('third', { required: false }),
        ),
      ),
      { question: 'What is worth a note?', user: 'tester' },
    );
    expect((await tuesday.result(run)).status).toBe('completed_with_limitations');
    expect(await recoveriesCounted(address)).toEqual({
      'model: overloaded → retry': 2,
      'model: refused_by_model → degrade': 1,
      'model: refused_by_model → fallback_model': 1,
    });
  });

  it('says in one sentence that its port is taken, and ends', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(workers.start(test, { metricsAddress: String(port) })).rejects.toThrow(
      new RegExp(
        `\\(6\\) .*tuesday: Metrics cannot be served at 127.0.0.1:${port} \\(Address already in use\\): set TUESDAY_METRICS_ADDRESS to another`,
      ),
    );
    await new Promise((resolve) => other.close(resolve));
  });
});
