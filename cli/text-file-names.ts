/** Names of files for the texts of documents, which may be called whatever a caller likes. */
import { plainName } from '../contracts/documents';

const ENDING = '.txt';
/** File systems take 255 bytes for each part of a path; the rest is for the ending and a number. */
const PART_BYTES_MAX = 200;
/** What one file system or another takes for something else. */
const SPECIAL = /[\\:*?"<>|\ufffd]/g;

/**
 * `guide/intro.md` becomes `guide/intro.md.txt`, in the order given. Characters that no file name
 * may hold become `_`, and long parts are cut. Where a file system could not keep two apart (`A.md`
 * and `a.md`, two spellings of `é`, a file and a folder of one name) the later one gets a name
 * beside the folders.
 */
export function textFileNames(documents: readonly string[]): string[] {
  const files = new Set<string>();
  const folders = new Set<string>();
  const isTaken = (name: string): boolean => {
    const file = folded(name);
    return files.has(file) || folders.has(file) || above(file).some((folder) => files.has(folder));
  };
  return documents.map((document) => {
    const parts = document
      .split('/')
      .filter((part) => !['', '.', '..'].includes(part))
      .map(filePart);
    let name = `${parts.join('/') || '_'}${ENDING}`;
    for (let i = 2; isTaken(name); i++) name = `${cut(parts.join('+'))}.${i}${ENDING}`;
    files.add(folded(name));
    for (const folder of above(folded(name))) folders.add(folder);
    return name;
  });
}

function filePart(part: string): string {
  // Blanks and dots at the end are dropped by some file systems.
  return cut(plainName(part).replace(SPECIAL, '_')).replace(/[ .]+$/, '') || '_';
}

/** At most `PART_BYTES_MAX` bytes, never half a character. */
function cut(part: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of part) {
    bytes += Buffer.byteLength(character);
    if (bytes > PART_BYTES_MAX) break;
    kept += character;
  }
  return kept;
}

/** Equal for what some file system takes for one name. */
const folded = (name: string): string => name.normalize('NFKC').toUpperCase().toLowerCase();

/** The folders that a file lies in. */
function above(file: string): string[] {
  const parts = file.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
