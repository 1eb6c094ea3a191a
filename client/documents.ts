/** Hands a folder of documents over to a run: the originals go into the store, their list too. */
import { type ContentStore, putJson, type Sha256 } from '../contracts/content';
import { DOCUMENT_LIMITS } from '../contracts/document-limits';
import { DOCUMENT_TYPES, type SourceDocument, type SourceManifest } from '../contracts/documents';
import { UserError } from '../contracts/errors';
import { mapInParallel } from '../contracts/parallel';
import { checkFile } from './document-check';
import { type FolderContents, type FoundFile, findFiles, type LeftOut } from './document-folder';

export interface CollectOptions {
  /**
   * Files of a readable type that cannot be taken (unreadable, too large, binary) go to
   * `manifest.skipped` instead of being an error. Default false.
   */
  skipUnreadable?: boolean;
  /** Called after each stored document, counted from 1. */
  onProgress?: (done: number, total: number) => void;
}

export interface CollectedDocuments {
  manifest: SourceManifest;
  /** The manifest's artifact; the same folder content gives the same one. */
  manifestSha256: Sha256;
}

const MEGABYTE = 1024 * 1024;
const ENDINGS = Object.keys(DOCUMENT_TYPES).join(', ');

/**
 * Stores all documents of a folder and its subfolders; what is left out is listed in `skipped`.
 * Everything is checked before anything is stored.
 * @param dir a folder; hidden files and folders and `node_modules` below it are not looked at
 * @throws UserError `bad_input`, one sentence that names the file or folder and the way out; what the store throws
 */
export async function collectDocuments(
  dir: string,
  store: ContentStore,
  options: CollectOptions = {},
): Promise<CollectedDocuments> {
  const { files, leftOut } = await checkDocuments(dir, options);
  const stored = await storeAll(files, store, options);
  if (!options.skipUnreadable) refuseFaults(dir, stored.leftOut);
  if (stored.documents.length === 0) throw nothingToRead(dir, [...leftOut, ...stored.leftOut]);
  const manifest = {
    documents: stored.documents,
    skipped: listSkipped([...leftOut, ...stored.leftOut]),
  };
  return { manifest, manifestSha256: await putJson(store, manifest) };
}

/**
 * Refuses what `collectDocuments` would refuse, and stores nothing.
 * @throws UserError `bad_input`, one sentence that names the file or folder and the way out
 */
export async function checkDocuments(
  dir: string,
  options: Pick<CollectOptions, 'skipUnreadable'> = {},
): Promise<FolderContents> {
  const found = await findFiles(dir);
  const { files, totalBytes, ...checked } = await checkAll(found.files);
  const leftOut = [...found.leftOut, ...checked.leftOut];
  if (!options.skipUnreadable) refuseFaults(dir, leftOut);
  refuseTotal(dir, totalBytes);
  if (files.length === 0) throw nothingToRead(dir, leftOut);
  return { files, leftOut };
}

async function checkAll(found: readonly FoundFile[]) {
  const leftOut: LeftOut[] = [];
  const files: FoundFile[] = [];
  let totalBytes = 0;
  const checks = await mapInParallel(
    found,
    DOCUMENT_LIMITS.storedAtOnceMax,
    async ({ path, mediaType }) => {
      const checked = await checkFile(path, mediaType);
      return 'bytes' in checked ? { bytes: checked.bytes.length } : checked;
    },
  );
  for (const [i, file] of found.entries()) {
    const check = checks[i];
    if (check === undefined) throw new Error('a file was not checked');
    if ('bytes' in check) {
      files.push(file);
      totalBytes += check.bytes;
    } else {
      leftOut.push(asLeftOut(file, check));
    }
  }
  return { files, leftOut, totalBytes };
}

/** Reads the files once more, since all of them at once would not fit into memory. */
async function storeAll(
  files: readonly FoundFile[],
  store: ContentStore,
  { onProgress }: CollectOptions,
) {
  let done = 0;
  const results = await mapInParallel(
    files,
    DOCUMENT_LIMITS.storedAtOnceMax,
    async (file): Promise<SourceDocument | LeftOut> => {
      const { name, path, mediaType } = file;
      const checked = await checkFile(path, mediaType);
      if (!('bytes' in checked)) return asLeftOut(file, checked);
      const { bytes } = checked;
      const sha256 = await store.put(bytes, mediaType);
      done++;
      onProgress?.(done, files.length);
      return { name, mediaType, sizeBytes: bytes.length, sha256 };
    },
  );
  return {
    documents: results.filter((result): result is SourceDocument => 'sha256' in result),
    leftOut: results.filter((result): result is LeftOut => 'reason' in result),
  };
}

function asLeftOut({ name }: FoundFile, check: { fault: string } | { empty: true }): LeftOut {
  return 'fault' in check
    ? { name, reason: check.fault, isFault: true }
    : { name, reason: 'is empty', isFault: false };
}

function refuseFaults(dir: string, leftOut: readonly LeftOut[]): void {
  const faults = leftOut.filter(({ isFault }) => isFault).sort(byName);
  const [first] = faults;
  if (first === undefined) return;
  const others =
    faults.length === 1 ? '' : `, and ${faults.length - 1} more cannot be taken either`;
  throw new UserError(
    'bad_input',
    `The document "${first.name}" in "${dir}" ${first.reason}${others}: mend or remove it, or skip such files (skipUnreadable, --skip-unreadable).`,
    first.name,
  );
}

function refuseTotal(dir: string, totalBytes: number): void {
  if (totalBytes <= DOCUMENT_LIMITS.totalBytesMax) return;
  const total = Math.ceil(totalBytes / MEGABYTE);
  const max = DOCUMENT_LIMITS.totalBytesMax / MEGABYTE;
  throw new UserError(
    'bad_input',
    `The documents in "${dir}" have ${total} MB together, at most ${max} MB can be taken: give a smaller folder.`,
    dir,
  );
}

function nothingToRead(dir: string, leftOut: readonly LeftOut[]): UserError {
  const what =
    leftOut.length === 0
      ? 'is empty (hidden files and node_modules are not looked at)'
      : `holds no document that can be read (${counted(leftOut.length, 'other file')} left out)`;
  return new UserError(
    'bad_input',
    `The folder "${dir}" ${what}: give a folder with files of these types: ${ENDINGS}.`,
    dir,
  );
}

/** Faults first, since they matter most where the list has to be cut. */
function listSkipped(leftOut: readonly LeftOut[]): SourceManifest['skipped'] {
  const sorted = [...leftOut].sort((a, b) => Number(b.isFault) - Number(a.isFault) || byName(a, b));
  const listed = sorted.slice(0, DOCUMENT_LIMITS.skippedListedMax);
  const skipped = listed.map(({ name, reason }) => ({ name, reason }));
  const rest = sorted.length - listed.length;
  return rest === 0
    ? skipped
    : [...skipped, { name: '…', reason: `${counted(rest, 'more file')}` }];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function byName(a: { name: string }, b: { name: string }): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
