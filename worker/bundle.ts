/** `npm run build`'s last step: makes the workflow bundle, unless it is newer than all it is made of. */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { BUNDLE_FILE } from './workflow-bundle';

const root = join(__dirname, '..');
const target = join(root, BUNDLE_FILE);
/** The folders that workflows may import, and the one of the converters. */
const SOURCES = ['contracts', 'domain', 'worker', 'workflows'];

function newest(folder: string): number {
  return Math.max(
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

async function main(): Promise<void> {
  const changed = Math.max(...SOURCES.map((folder) => newest(join(root, folder))));
  if (existsSync(target) && statSync(target).mtimeMs > changed) return;
  const silent = { ...console, log() {}, trace() {}, debug() {}, info() {} };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows'),
    failureConverterPath: join(root, 'worker', 'failure-converter'),
    payloadConverterPath: join(root, 'worker', 'payload-converter'),
    logger: silent as never,
  });
  writeFileSync(target, code);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
