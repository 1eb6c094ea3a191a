/**
 * The installation's one secret, from which the keys are made that must not lie in the database. All
 * processes of an installation share it.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditSeal, createAuditSeal } from '../contracts/audit-seal';
import { UserError } from '../contracts/errors';

const SECRET_CHARACTERS_MIN = 32;
const KEY_BYTES = 32;

/** What a key is for; each is another one. */
export type KeyPurpose = 'decisions' | 'audit' | 'fingerprint' | 'sessions' | 'machine';

/** @returns a key of 32 bytes */
export type KeyFor = (purpose: KeyPurpose) => Buffer;

/**
 * `TUESDAY_SECRET`, else the file `secret` in the data folder, which is made where there is none.
 * @throws UserError `bad_input` where it is too short to be one
 */
export async function openSecret(env: NodeJS.ProcessEnv, dataDir: string): Promise<KeyFor> {
  const secret = env.TUESDAY_SECRET || (await secretOf(join(dataDir, 'secret')));
  return keysOfLong(secret, 'TUESDAY_SECRET');
}

/** The same where an installation has been before; undefined where there is no secret yet. */
export async function existingSecret(
  env: NodeJS.ProcessEnv,
  dataDir: string,
): Promise<KeyFor | undefined> {
  if (env.TUESDAY_SECRET) return keysOfLong(env.TUESDAY_SECRET, 'TUESDAY_SECRET');
  try {
    return keysOf((await readFile(join(dataDir, 'secret'), 'utf8')).trim());
  } catch (error) {
    // Without it, or as another user of this machine, one needs a token like everybody else.
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

/**
 * `TUESDAY_SECRET_PREVIOUS`: the secret that is to be replaced; undefined where none is.
 * @throws UserError `bad_input` where it is too short to be one
 */
export function previousSecret(env: NodeJS.ProcessEnv): KeyFor | undefined {
  const secret = env.TUESDAY_SECRET_PREVIOUS;
  return secret ? keysOfLong(secret, 'TUESDAY_SECRET_PREVIOUS') : undefined;
}

function keysOfLong(secret: string, variable: string): KeyFor {
  if (secret.length < SECRET_CHARACTERS_MIN)
    throw new UserError(
      'bad_input',
      `${variable} has ${secret.length} characters: give ${SECRET_CHARACTERS_MIN} or more, e.g. by \`openssl rand -hex 32\`.`,
      variable,
    );
  return keysOf(secret);
}

/** Seals the audit log, and tells this secret from others. */
export const auditSealOf = (keyFor: KeyFor): AuditSeal =>
  createAuditSeal(keyFor('audit'), keyFor('fingerprint').toString('hex'));

/** All keys of a secret. */
export const keysOf =
  (secret: string): KeyFor =>
  (purpose) =>
    Buffer.from(hkdfSync('sha256', secret, '', `tuesday ${purpose}`, KEY_BYTES));

/** Of two processes that make it at once, the first one's counts. */
async function secretOf(path: string): Promise<string> {
  try {
    await writeFile(path, randomBytes(KEY_BYTES).toString('hex'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}
