/**
 * Publishes a file below the configured publish root, in a folder of the run's own. Writing is
 * atomic and the same key always writes the same bytes to the same path, so a second execution
 * changes nothing: `idempotent`.
 */
import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { sha256Of } from '../../contracts/content';
import { isTakenByExport } from '../../contracts/export-files';
import { makeFolders } from '../../contracts/make-folders';
import { PublishFileInput } from '../../contracts/tools';
import { type Tool, type ToolContext, ToolError } from './tool';
import { zodValue } from './tool-value';

const PUBLISHED_BYTES_MAX = 10_000_000;
/** Of the business key in a folder's name: with a run id behind it, file systems take the whole. */
const FOLDER_KEY_CHARACTERS_MAX = 150;

export interface PublishedFile {
  path: string;
  sha256: string;
  bytes: number;
}

/** `root`: a relative one counts from where the worker was started. */
export function publishFileTool(root: string): Tool<PublishFileInput> {
  const publishRoot = resolve(root);
  return {
    name: 'publish_file',
    description: 'Publishes a text file as a result of the run.',
    input: zodValue(PublishFileInput),
    effect: 'idempotent',
    // Without regard to case, as some file systems compare.
    place: ({ path }) => path.toLowerCase(),
    async run({ path, content }, context): Promise<PublishedFile> {
      const bytes = Buffer.from(content);
      if (bytes.length > PUBLISHED_BYTES_MAX)
        throw new ToolError(
          'too_large',
          `a published file has at most ${PUBLISHED_BYTES_MAX} bytes`,
        );
      if (isTakenByExport(path))
        throw new ToolError('invalid_input', `"${path}" is a name that exports of a run use`);
      const target = resolve(publishRoot, runFolder(context), path);
      const sha256 = sha256Of(bytes);
      // Carried out before, by an attempt that did not live to say so: the folder has seen it once.
      if (!(await holds(target, bytes))) await writeAtomically(publishRoot, target, bytes);
      // The file is there by now: what goes wrong from here on leaves the outcome unknown.
      await syncFolders(dirname(target), publishRoot);
      await context.content.put(bytes, mediaTypeOf(target));
      return { path: relative(publishRoot, target), sha256, bytes: bytes.length };
    },
  };
}

/** Business key and first run id as they stand in the step key, so that two runs never meet. */
function runFolder({ stepKey }: ToolContext): string {
  const [, businessKey = '', firstRunId = ''] = stepKey.split('/');
  return `${businessKey.slice(0, FOLDER_KEY_CHARACTERS_MAX)}-${firstRunId}`;
}

async function holds(target: string, bytes: Buffer): Promise<boolean> {
  const found = await stat(target).catch(() => undefined);
  if (!found?.isFile() || found.size !== bytes.length) return false;
  return readFile(target).then(
    (there) => there.equals(bytes),
    () => false, // writing it says what is wrong
  );
}

/** What the path itself makes impossible, e.g. a file where another one needs a folder. */
const PATH_IN_THE_WAY = new Set(['EEXIST', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'ENAMETOOLONG']);

/** Where files are written before they get their name: what a killed worker leaves there is nobody's. */
const DRAFTS_FOLDER = '.drafts';
const DRAFT_AGE_MS_MAX = 3_600_000;

/** Each attempt has a draft of its own: of two at once neither writes into what the other has renamed. */
async function writeAtomically(root: string, target: string, bytes: Buffer): Promise<void> {
  const drafts = join(root, DRAFTS_FOLDER);
  const draft = join(drafts, randomUUID());
  try {
    await makeFolders(drafts);
    await removeLeftDrafts(drafts);
    await writeDurably(draft, bytes);
  } catch (error) {
    await remove(draft);
    cannotWrite(error);
  }
  try {
    await makeFolders(dirname(target));
    await rename(draft, target);
  } catch (error) {
    await remove(draft);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (PATH_IN_THE_WAY.has(code))
      throw new ToolError('invalid_input', `the path cannot be a file here (${code})`);
    cannotWrite(error);
  }
}

/** Else a power cut could leave the name without the bytes. */
async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Else a power cut could take the names back, of the file and of folders made for it. */
async function syncFolders(from: string, to: string): Promise<void> {
  for (let folder = from; ; folder = dirname(folder)) {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (folder === to) return;
  }
}

async function removeLeftDrafts(drafts: string): Promise<void> {
  for (const name of await readdir(drafts)) {
    const left = await stat(join(drafts, name)).catch(() => undefined);
    if (left && Date.now() - left.mtimeMs > DRAFT_AGE_MS_MAX) await remove(join(drafts, name));
  }
}

async function remove(draft: string): Promise<void> {
  await rm(draft, { force: true }).catch(() => {
    // Where nothing could be written there is nothing to remove; the first error is the one to tell.
  });
}

function cannotWrite(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  throw new ToolError('unavailable', `cannot write to the publish folder (${code})`);
}

const MEDIA_TYPES: Record<string, string> = {
  md: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
};
const mediaTypeOf = (path: string): string =>
  MEDIA_TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain; charset=utf-8';
