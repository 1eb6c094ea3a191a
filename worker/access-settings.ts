/** Who may use the API of an installation. */
import { ACCESS_MODES, type AccessMode } from '../contracts/access';
import { UserError } from '../contracts/errors';
import { HttpUrl } from '../contracts/http-url';

export interface AccessSettings {
  mode: AccessMode;
  /** Where people reach the API and the console, without a slash at the end. */
  publicUrl?: string;
}

/**
 * `TUESDAY_ACCESS`, `local` where it is not set, and `TUESDAY_PUBLIC_URL`.
 * @throws UserError `bad_input`
 */
export function loadAccess(env: NodeJS.ProcessEnv): AccessSettings {
  const publicUrl = publicUrlOf(env);
  return { mode: modeOf(env), ...(publicUrl === undefined ? {} : { publicUrl }) };
}

function modeOf({ TUESDAY_ACCESS: given = '' }: NodeJS.ProcessEnv): AccessMode {
  const mode = ACCESS_MODES.find((candidate) => candidate === (given || 'local'));
  if (mode !== undefined) return mode;
  throw new UserError(
    'bad_input',
    `TUESDAY_ACCESS is "${given}": write "local", where whoever works on this machine may do everything, or "required", where people sign in.`,
    'TUESDAY_ACCESS',
  );
}

function publicUrlOf({ TUESDAY_PUBLIC_URL: given }: NodeJS.ProcessEnv): string | undefined {
  if (!given) return undefined;
  if (HttpUrl.safeParse(given).success) return given.replace(/\/+$/, '');
  throw new UserError(
    'bad_input',
    'TUESDAY_PUBLIC_URL is no address of a website: write it like https://tuesday.example.com.',
    'TUESDAY_PUBLIC_URL',
  );
}
