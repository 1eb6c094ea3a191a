/**
 * Writes what a run has brought into a folder: its published files, `run.json`, and the extracted
 * text of every document below `texts/`, so that each quote can be checked byte for byte.
 */
import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { type ContentStore, getText } from '../contracts/content';
import { UserError } from '../contracts/errors';
import { RUN_FILE, TEXTS_FOLDER } from '../contracts/export-files';
import { makeFolders } from '../contracts/make-folders';
import { mapInParallel } from '../contracts/parallel';
import type { RunResult } from '../contracts/views';
import { collectFindings, type Finding } from './findings';
import { printable } from './render/printable';
import { textFileNames } from './text-file-names';

const TEXTS_AT_ONCE_MAX = 4;

/** What `run.json` holds: the result, its sources and what was quoted from them. */
export type ExportedRun = Omit<RunResult, 'documents'> & {
  /** The documents; `text` is the file of the extracted text, from the export folder. */
  sources: (RunResult['documents'][number] & { text: string })[];
  findings: Finding[];
};

export interface Exported {
  run: ExportedRun;
  /** Published files, absolute. */
  published: string[];
}

/** Makes the folder and sees that it can be written, before anything is paid for. */
export async function prepareOutFolder(folder: string): Promise<void> {
  await orUserError(folder, async () => {
    await makeFolders(folder);
    if (!(await stat(folder)).isDirectory())
      throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    await access(folder, constants.W_OK);
  });
}

export async function exportRun(
  content: ContentStore,
  result: RunResult,
  folder: string,
): Promise<Exported> {
  const { documents, ...rest } = result;
  const texts = new Map<string, string>();
  const files = textFileNames(documents.map(({ name }) => name));
  return orUserError(folder, async () => {
    const sources = await mapInParallel(documents, TEXTS_AT_ONCE_MAX, async (document, index) => {
      const text = await getText(content, document.textSha256);
      texts.set(document.name, text);
      const file = `${TEXTS_FOLDER}/${files[index]}`;
      await write(folder, file, text);
      return { ...document, text: file };
    });
    const run: ExportedRun = {
      ...rest,
      sources,
      findings: collectFindings(result.outputs, (document) => texts.get(document)),
    };
    await write(folder, RUN_FILE, `${printable(JSON.stringify(run, null, 2))}\n`);
    const published = await mapInParallel(result.published, 1, async ({ path, sha256 }) =>
      write(folder, belowRunFolder(path), (await content.get(sha256)).bytes),
    );
    return { run, published };
  });
}

/** Without the folder of the run's own that it has below the publish root. */
function belowRunFolder(path: string): string {
  const parts = path.split(/[/\\]/);
  return parts.length > 1 ? parts.slice(1).join('/') : path;
}

/** Nothing is written outside of the folder, whatever a result says. */
async function write(folder: string, file: string, data: string | Buffer): Promise<string> {
  const root = resolve(folder);
  const target = join(root, file);
  if (!target.startsWith(root + sep))
    throw new Error(`the result names a file outside of the export folder: ${file}`);
  await makeFolders(dirname(target));
  await writeFile(target, data);
  return target;
}

async function orUserError<T>(folder: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof UserError) throw error;
    throw new UserError(
      'bad_input',
      `The folder "${folder}" cannot be written (${code}): choose another with --out.`,
      'out',
    );
  }
}
