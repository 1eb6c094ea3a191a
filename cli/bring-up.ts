/** An installation in this very process, for as long as one command takes. */
import type { Installation, InstallationOptions } from '../worker/installation';

/** Loaded only where it is needed: it brings native libraries that most commands do not use. */
export function startInstallation(options: InstallationOptions): Promise<Installation> {
  const module = require('../worker/installation') as typeof import('../worker/installation');
  return module.startInstallation(options);
}

/** Waits for a task that needs the installation, but not in vain when a part of that has failed. */
export async function whileUp<T>({ ended }: Installation, task: Promise<T>): Promise<T> {
  const failed = ended.then(() => {
    throw new Error('the worker ended by itself');
  });
  return Promise.race([task, failed]);
}
