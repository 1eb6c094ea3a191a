/** `tuesday worker` with `web_search`, asking the server at `ANTHROPIC_BASE_URL` as if it were the real API. */
import { startLoneWorker } from '../../worker/lone-worker';

async function main(): Promise<void> {
  await startLoneWorker({
    dataDir: process.env.TUESDAY_DATA_DIR ?? '.',
    env: process.env,
    onProgress: () => undefined,
    webSearchAnywhere: true,
  });
  process.stdout.write('worker: ready\n');
}

if (require.main === module) void main();
