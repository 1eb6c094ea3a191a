/** Who may use the API of an installation. */
import { ACCESS_MODES, type AccessMode } from '../contracts/access';
import { UserError } from '../contracts/errors';
import { consoleOf } from './notification-channels';

export interface AccessSettings {
  mode: AccessMode;
  /** Where browsers reach the installation. */
  consoleUrl?: string;
}

/**
 * `TUESDAY_ACCESS`, `local` where it is not set, and `TUESDAY_CONSOLE_URL`.
 * @throws UserError `bad_input`
 */
export function loadAccess(env: NodeJS.ProcessEnv): AccessSettings {
  const consoleUrl = consoleOf(env);
  return { mode: modeOf(env), ...(consoleUrl === undefined ? {} : { consoleUrl }) };
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
