/** What PostgreSQL's own words mean for the person who started Tuesday. */
import { UserError, type UserErrorKind } from '../../contracts/errors';
import { type DataFolder, otherFolder } from './data-folder';

interface KnownFailure {
  pattern: RegExp;
  kind: UserErrorKind;
  sentence: (folder: DataFolder) => string;
}

const ownServer = 'set DATABASE_URL to a PostgreSQL of your own';

/** Looked up in this order in the messages of initdb and the server. */
const knownFailures: readonly KnownFailure[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/i,
    kind: 'unavailable',
    sentence: (folder) =>
      `the disk of the data folder ${folder.root} is full; free some space or ${otherFolder}.`,
  },
  {
    pattern: /has (?:invalid permissions|wrong ownership)|Permission denied/i,
    kind: 'bad_input',
    sentence: (folder) =>
      `the database files in ${folder.cluster} belong to another user or are open to others; give them back to one user with mode 0700, or ${otherFolder}.`,
  },
  {
    pattern:
      /could not locate a valid checkpoint record|invalid (?:primary )?checkpoint|is not a database cluster directory|could not (?:open|read) file "(?:global|base|pg_\w+)\/|incorrect checksum|invalid (?:data in|magic number)|missing.*PG_VERSION|could not find pg_class|could not open (?:control|configuration|file ".*pg_control)|could not access the server configuration file|required WAL directory|could not load .*pg_(?:hba|ident)|incompatible with server|database "postgres" does not exist/i,
    kind: 'unavailable',
    sentence: (folder) =>
      `the data folder ${folder.root} is damaged, PostgreSQL cannot open its database files (see ${folder.log}); restore it from a backup or ${otherFolder}.`,
  },
  {
    pattern: /could not create shared memory segment|could not map anonymous shared memory/i,
    kind: 'unavailable',
    sentence: () =>
      `this machine has too little memory left for PostgreSQL; free some, or ${ownServer}.`,
  },
  {
    pattern: /error while loading shared libraries|Library not loaded/i,
    kind: 'unavailable',
    sentence: () =>
      `the PostgreSQL programs miss libraries of theirs on this machine; run "npm rebuild", or ${ownServer}.`,
  },
];

export const portTaken =
  /could not bind .*Address already in use|could not create any TCP\/IP sockets/i;
export const stillInUse = /pre-existing shared memory block .* is still in use/i;

/** The sentence for a message that is known; else `undefined`. */
export function explainKnown(text: string, folder: DataFolder): UserError | undefined {
  const known = knownFailures.find(({ pattern }) => pattern.test(text));
  return known && new UserError(known.kind, known.sentence(folder));
}

/**
 * One clear sentence for a failed initdb or a server that ended while starting.
 * @param failure the spawn error, or what else is known about the end.
 * @param output its messages, oldest first.
 */
export function explainFailure(
  failure: Error,
  output: readonly string[],
  folder: DataFolder,
): UserError {
  const known = explainKnown(output.join('\n'), folder);
  if (known !== undefined) return known;
  const code = (failure as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM') {
    // ENOENT of a file that is there: the loader it asks for is not (musl instead of glibc).
    return new UserError(
      'unavailable',
      `the PostgreSQL programs cannot be run on this machine (${code}); ${ownServer}.`,
    );
  }
  const reason =
    output.findLast((line) => /FATAL|PANIC|error:/i.test(line)) ??
    output.findLast((line) => line.trim() !== '') ??
    failure.message;
  return new UserError(
    'unavailable',
    `PostgreSQL did not start in ${folder.root}: ${withoutPrefix(reason)} (see ${folder.log}); mend that, or ${ownServer}.`,
  );
}

/** Without the time and process number that the server puts before each line of its log. */
function withoutPrefix(line: string): string {
  return line.trim().replace(/^\S+ \S+ \S+ \[\d+\] /, '');
}
