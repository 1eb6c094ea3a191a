/** `tuesday worker` that collects garbage at SIGUSR2 and says in a line what memory it has then. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startLoneWorker } from '../../worker/lone-worker';

export const MEMORY_LINE = /^memory: (\d+)$/gm;

async function main(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('SIGUSR2', () => {
    collect();
    collect();
    process.stdout.write(`memory: ${process.memoryUsage().rss}\n`);
  });
  await startLoneWorker({
    dataDir: process.env.TUESDAY_DATA_DIR ?? '.',
    env: process.env,
    onProgress: () => undefined,
  });
  process.stdout.write('worker: ready\n');
}

if (require.main === module) void main();
