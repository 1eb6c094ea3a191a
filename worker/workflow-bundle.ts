/** The workflows' code, bundled once at build time: a worker that bundles at its start takes 2 s longer. */
import { builtFile } from '../contracts/package-root';

export const BUNDLE_FILE = 'workflow-bundle.js';

/** @throws UserError `unavailable` when the package is not built. */
export function workflowBundle(): { codePath: string } {
  return { codePath: builtFile(BUNDLE_FILE) };
}

/** For a worker: activities read and fail outside the bundle. */
export const dataConverter = () => ({
  failureConverterPath: builtFile('worker/failure-converter.js'),
  payloadConverterPath: builtFile('worker/payload-converter.js'),
});
