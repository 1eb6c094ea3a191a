/** What an export of a run writes beside the files that the run has published. */

/** The run's result. */
export const RUN_FILE = 'run.json';
/** The extracted texts of its documents. */
export const TEXTS_FOLDER = 'texts';

/**
 * Whether a published file would stand where the export writes. Without regard to case, as some
 * file systems compare.
 * @param path relative, with `/`
 */
export function isTakenByExport(path: string): boolean {
  const [first = ''] = path.toLowerCase().split('/');
  return first === RUN_FILE || first === TEXTS_FOLDER;
}
