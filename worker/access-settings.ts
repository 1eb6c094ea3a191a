/** Who may use the API of an installation. */
import { ACCESS_MODES, type AccessMode } from '../contracts/access';
import { CompanySignIn } from '../contracts/company-sign-in';
import { UserError } from '../contracts/errors';
import { consoleOf } from './notification-channels';
import { readSettingsFile } from './settings-file';

export interface AccessSettings {
  mode: AccessMode;
  /** Where browsers reach the installation. */
  consoleUrl?: string;
  /** How people sign in with their company, where they can. */
  company?: CompanySignIn;
}

const EXAMPLE = '{"issuer": "https://login.example.com", "audience": "tuesday"}';

/**
 * `TUESDAY_ACCESS`, `local` where it is not set, `TUESDAY_CONSOLE_URL`, and the file that `TUESDAY_OIDC` names.
 * @throws UserError `bad_input`
 */
export async function loadAccess(env: NodeJS.ProcessEnv): Promise<AccessSettings> {
  const consoleUrl = consoleOf(env);
  const company = await readSettingsFile(env, 'TUESDAY_OIDC', CompanySignIn, EXAMPLE);
  return {
    mode: modeOf(env),
    ...(consoleUrl === undefined ? {} : { consoleUrl }),
    ...(company === undefined ? {} : { company: company.content }),
  };
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
