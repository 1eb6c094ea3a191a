/** `tuesday worker` in processes of their own, on the servers of a test. */
import {
  startWorkerProcess,
  type WorkerProcess,
  type WorkerProcessOptions,
} from '../../bench/support/worker-process';
import { temporalAddress } from './servers';
import type { TestTuesday } from './test-tuesday';

export type { WorkerProcess } from '../../bench/support/worker-process';

export interface WorkerProcesses {
  /** Starts one for the test's runs and waits until it is ready. */
  start(test: TestTuesday, changes?: Partial<WorkerProcessOptions>): Promise<WorkerProcess>;
}

/** Call at the top of a file or block: whatever a test leaves running is killed after it. */
export function useWorkerProcesses(): WorkerProcesses {
  const started: WorkerProcess[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((worker) => worker.kill()));
  });
  return {
    async start(test, changes = {}) {
      const { databaseUrl, taskQueue, simulator, dataDir, publishDir } = test;
      const worker = startWorkerProcess({
        temporalAddress: temporalAddress(),
        databaseUrl,
        taskQueue,
        modelUrl: simulator.url,
        dataDir,
        publishDir,
        ...changes,
      });
      started.push(worker);
      await worker.ready;
      return worker;
    },
  };
}
