/** The tables of a data folder: its CSV, JSON and Parquet files, by name. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { QUERY } from '../../../contracts/limits';
import { QueryProblem } from './query-problem';

export interface DataTable {
  /** Its file without the ending; with it where another file has the same name. */
  name: string;
  /** Path below the folder, with `/`. */
  file: string;
  bytes: number;
  /** The function that reads it. */
  reader: 'read_csv' | 'read_json' | 'read_parquet';
}

const READERS: Record<string, DataTable['reader']> = {
  '.csv': 'read_csv',
  '.tsv': 'read_csv',
  '.json': 'read_json',
  '.jsonl': 'read_json',
  '.ndjson': 'read_json',
  '.parquet': 'read_parquet',
};

/** DuckDB takes names with these for patterns. */
const PATTERN = /[*?[\]]/;

/**
 * Hidden files, and links that lead out of the folder, are no tables.
 * @param folder its real path
 * @throws QueryProblem `too_large` where there are more than can be looked through, `unavailable`
 */
export async function dataTables(folder: string): Promise<DataTable[]> {
  const files: { file: string; bytes: number }[] = [];
  await look('', 0);
  files.sort((one, other) => (one.file < other.file ? -1 : 1));
  return named(files);

  async function look(below: string, depth: number): Promise<void> {
    for (const entry of await entriesOf(join(folder, below))) {
      const file = below ? `${below}/${entry.name}` : entry.name;
      if (entry.name.startsWith('.') || PATTERN.test(entry.name)) continue;
      if (entry.isDirectory() && depth < QUERY.folderDepthMax) await look(file, depth + 1);
      else if (readerOf(file)) await add(file);
    }
  }

  async function add(file: string): Promise<void> {
    const bytes = await sizeWithin(folder, file);
    if (bytes === undefined) return;
    if (files.length === QUERY.filesMax)
      throw new QueryProblem('too_large', `the source has more than ${QUERY.filesMax} data files`);
    files.push({ file, bytes });
  }
}

const readerOf = (file: string): DataTable['reader'] | undefined =>
  READERS[extname(file).toLowerCase()];

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new QueryProblem('unavailable', `the files of the source cannot be listed (${code})`);
  }
}

/** Undefined of what is no file, or is not in the folder. */
async function sizeWithin(folder: string, file: string): Promise<number | undefined> {
  try {
    const path = await realpath(join(folder, file));
    const within = relative(folder, path);
    const found = await stat(path);
    if (within === '..' || within.startsWith(`..${sep}`) || !found.isFile()) return undefined;
    return found.size;
  } catch (error) {
    // A link that leads nowhere or in a circle, or a file that has gone meanwhile.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ELOOP', 'EACCES'].includes(code)) return undefined;
    throw error;
  }
}

function named(files: readonly { file: string; bytes: number }[]): DataTable[] {
  const stem = (file: string) => file.slice(0, -extname(file).length);
  const count = new Map<string, number>();
  for (const { file } of files) {
    const key = stem(file).toLowerCase();
    count.set(key, (count.get(key) ?? 0) + 1);
  }
  return files.flatMap(({ file, bytes }) => {
    const reader = readerOf(file);
    const name = count.get(stem(file).toLowerCase()) === 1 ? stem(file) : file;
    return reader ? [{ name, file, bytes, reader }] : [];
  });
}
