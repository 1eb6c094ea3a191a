/** An installation in this very process, for as long as one command takes. */
import type { Installation, InstallationOptions } from '../worker/installation';

/** Loaded only where it is needed: it brings native libraries that most commands do not use. */
export function startInstallation(options: InstallationOptions): Promise<Installation> {
  const module = require('../worker/installation') as typeof import('../worker/installation');
  return module.startInstallation(options);
}
