/** Finds the files of a folder that a run may take as documents. Reads no contents. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { DOCUMENT_LIMITS } from '../contracts/document-limits';
import {
  DOCUMENT_TYPES,
  type DocumentMediaType,
  ODD_NAME,
  plainName,
} from '../contracts/documents';
import { UserError } from '../contracts/errors';

export interface FoundFile {
  /** The path below the folder, with `/`. */
  name: string;
  path: string;
  mediaType: DocumentMediaType;
}

/** A file that was left out; `isFault` where a person would have expected it to be read. */
export interface LeftOut {
  name: string;
  /** To follow the file's name: `is a link that leads nowhere`. */
  reason: string;
  isFault: boolean;
}

export interface FolderContents {
  /** Both sorted by name (UTF-16 order, the same on every machine). */
  files: FoundFile[];
  leftOut: LeftOut[];
}

export const NOT_READABLE_TYPE = 'not a readable type';
const UNSEEN_FOLDERS = new Set(['node_modules']);

/**
 * Walks a folder. Hidden files and folders and `node_modules` below it are not looked at. A link is
 * followed only to what lies inside the folder and is not found without it (as in a mounted
 * ConfigMap); everything is read under one name, so links make no loops.
 * @throws UserError when the folder is missing, no folder, unreadable or beyond the limits
 */
export async function findFiles(folder: string): Promise<FolderContents> {
  const walk = new Walk(folder, await openFolder(folder));
  await walk.run();
  walk.files.sort(byName);
  walk.leftOut.sort(byName);
  return walk;
}

async function openFolder(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? new UserError(
          'bad_input',
          `The folder "${folder}" does not exist: give the path of a folder with documents.`,
          folder,
        )
      : new UserError(
          'bad_input',
          `The folder "${folder}" cannot be opened (${code}): check its path and permissions.`,
          folder,
        );
  }
  throw new UserError(
    'bad_input',
    `"${folder}" is a file, not a folder: give the folder that contains it.`,
    folder,
  );
}

class Walk implements FolderContents {
  readonly files: FoundFile[] = [];
  readonly leftOut: LeftOut[] = [];
  /** Real paths of files and folders that were met, so that links add nothing twice. */
  readonly #met = new Set<string>();
  readonly #links: { name: string; path: string }[] = [];

  constructor(
    readonly folder: string,
    readonly root: string,
  ) {}

  async run(): Promise<void> {
    await this.#folder(this.root, '', 0);
    // Links come last, when everything that is found without them is known; they may bring others.
    for (const link of this.#links) await this.#link(link.name, link.path);
  }

  async #folder(path: string, name: string, depth: number): Promise<void> {
    if (depth > DOCUMENT_LIMITS.folderDepthMax) {
      throw this.#refusal(`is more than ${DOCUMENT_LIMITS.folderDepthMax} folders deep`);
    }
    this.#met.add(path);
    for (const entry of await this.#entries(path, name)) {
      if (entry.name.startsWith('.') || UNSEEN_FOLDERS.has(entry.name)) continue;
      const entryPath = join(path, entry.name);
      const entryName = name === '' ? entry.name : `${name}/${entry.name}`;
      if (entry.isSymbolicLink()) this.#links.push({ name: entryName, path: entryPath });
      else if (entry.isDirectory()) await this.#folder(entryPath, entryName, depth + 1);
      else this.#file(entryPath, entryName, entry);
    }
  }

  async #entries(path: string, name: string): Promise<Dirent[]> {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.sort(byName);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#leaveOut(name === '' ? '.' : name, `is a folder that cannot be opened (${code})`, true);
      return [];
    }
  }

  #file(path: string, name: string, entry: Dirent | Stats): void {
    this.#met.add(path);
    const ending = extname(name).toLowerCase();
    if (!Object.hasOwn(DOCUMENT_TYPES, ending)) {
      this.#leaveOut(name, NOT_READABLE_TYPE, false);
    } else if (!entry.isFile()) {
      this.#leaveOut(name, 'is not a regular file', true);
    } else if (name.length > DOCUMENT_LIMITS.nameCharactersMax) {
      const max = DOCUMENT_LIMITS.nameCharactersMax;
      this.#leaveOut(name, `has a path of more than ${max} characters`, true);
    } else if (name !== plainName(name)) {
      this.#leaveOut(name, ODD_NAME, true);
    } else {
      const mediaType = DOCUMENT_TYPES[ending as keyof typeof DOCUMENT_TYPES];
      this.files.push({ name, path, mediaType });
      this.#checkCount();
    }
  }

  async #link(name: string, path: string): Promise<void> {
    const isDocument = Object.hasOwn(DOCUMENT_TYPES, extname(name).toLowerCase());
    let target: string;
    let stats: Stats;
    try {
      target = await realpath(path);
      stats = await stat(target);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#leaveOut(name, `is a link that leads nowhere (${code})`, isDocument);
      return;
    }
    if (relative(this.root, target).split(sep)[0] === '..') {
      this.#leaveOut(name, 'is a link that leads out of the folder', false);
    } else if (this.#met.has(target)) {
      this.#leaveOut(name, 'is a link to what is found without it', false);
    } else if (stats.isDirectory()) {
      await this.#folder(target, name, name.split('/').length);
    } else {
      this.#file(target, name, stats);
    }
  }

  #leaveOut(name: string, reason: string, isFault: boolean): void {
    this.leftOut.push({ name: plainName(name), reason, isFault });
    this.#checkCount();
  }

  #checkCount(): void {
    if (this.files.length > DOCUMENT_LIMITS.documentsMax) {
      throw this.#refusal(`holds more than ${DOCUMENT_LIMITS.documentsMax} documents`);
    }
    if (this.files.length + this.leftOut.length > DOCUMENT_LIMITS.folderFilesMax) {
      throw this.#refusal(`holds more than ${DOCUMENT_LIMITS.folderFilesMax} files`);
    }
  }

  #refusal(why: string): UserError {
    const message = `The folder "${this.folder}" ${why}: give a smaller folder.`;
    return new UserError('bad_input', message, this.folder);
  }
}

function byName(a: { name: string }, b: { name: string }): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
