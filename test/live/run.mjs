/** `npm run test:live`: the tests of this folder against the real API, where there is a key. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

if (!process.env.ANTHROPIC_API_KEY) {
  console.log('not run: ANTHROPIC_API_KEY is not set');
  process.exit(0);
}
// Through the shell, which finds npm under each of its names.
const { status } = spawnSync(
  'npm run -s build && npx --no-install jest --config jest.live.config.js',
  {
    cwd: root,
    shell: true,
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
