import { Command } from 'commander';
import type { LoneWorker } from '../../worker/lone-worker';
import { dataDirOf } from '../connect';
import { listenForInterrupts, whenAborted } from '../interrupt';
import { createIo, type Io } from '../io';
import { absolute } from '../options';

interface WorkerOptions {
  json: boolean;
  dataDir?: string;
  databaseUrl?: string;
  publishDir?: string;
  simulator: boolean;
}

/** `tuesday worker`: one more worker for an installation whose servers run already, until Ctrl-C. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('one more worker beside servers that run, until Ctrl-C')
    .option('--json', 'what it works for as JSON on stdout', false)
    .option('--data-dir <folder>', 'where it writes its log (TUESDAY_DATA_DIR; ./.tuesday)')
    .option('--database-url <url>', "the installation's PostgreSQL (DATABASE_URL)")
    .option('--publish-dir <folder>', 'where teams publish files (published/ in the data folder)')
    .option('--simulator', 'the offline simulator answers model calls, not Claude', false)
    .action(async ({ json, dataDir, databaseUrl, publishDir, simulator }: WorkerOptions) => {
      const io = createIo(json);
      const { signal, dispose } = listenForInterrupts();
      signal.addEventListener('abort', () => io.note('Ending; Ctrl-C once more ends at once.'));
      // Loaded here: it brings native libraries that other commands do not use.
      const { startLoneWorker } =
        require('../../worker/lone-worker') as typeof import('../../worker/lone-worker');
      const worker = await startLoneWorker({
        dataDir: dataDirOf({ json, ...(dataDir === undefined ? {} : { dataDir }) }),
        env: process.env,
        simulator,
        onProgress: (line) => io.note(line),
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        ...(publishDir === undefined ? {} : { publishDir: absolute(publishDir) }),
      });
      try {
        announce(worker, io);
        await Promise.race([whenAborted(signal), worker.ended]);
      } finally {
        await worker.stop();
        dispose();
      }
      io.note('The worker has ended; what it had under way goes on elsewhere.');
    });
}

function announce({ taskQueue, address, namespace, database, provider }: LoneWorker, io: Io): void {
  io.result(
    { taskQueue, temporal: { address, namespace }, database, provider },
    () =>
      `worker: ready on task queue ${taskQueue} of Temporal ${address}, namespace ${namespace}; PostgreSQL ${database}; models: ${provider}`,
  );
}
