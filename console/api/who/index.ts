/** Who uses the API, and how they have shown it. */
import { type AccessMode, LOCAL_PERSON } from '../../../contracts/access';
import { FAILED_SIGN_INS, REQUESTS_OF_PERSON } from '../../../contracts/limits';
import { countFailed, createIdentify, type Identify } from './identify';
import type { Rate } from './rates';
import { createSessions, type Sessions } from './sessions';
import { createSignIn, type SignedIn, type SignInDeps } from './sign-in';

export interface Access {
  mode: AccessMode;
  identify: Identify;
  /** @throws UserError for a token that cannot be taken */
  signIn(token: string, address: string): Promise<SignedIn>;
  sessions: Sessions;
  /** For whom a run works: only they reach it who are not confined to others. Undefined: there is none. */
  ownerOf(runId: string): Promise<string | undefined>;
  /** Whether browsers reach the API by https alone, and cookies need it. */
  isHttps: boolean;
}

export interface AccessOptions extends SignInDeps, Pick<Access, 'mode' | 'ownerOf' | 'isHttps'> {
  /** Of cookies; 32 bytes or more. */
  sessionKey: Uint8Array;
  /** How often one person may ask. Default `REQUESTS_OF_PERSON`. */
  requests?: Rate;
  /** How often sign-ins of one address may fail. Default `FAILED_SIGN_INS`. */
  failures?: Rate;
}

export function createAccess(options: AccessOptions): Access {
  const { mode, ownerOf, isHttps, sessionKey, tokens, requests = REQUESTS_OF_PERSON } = options;
  const signIn = createSignIn(options);
  const sessions = createSessions(sessionKey, tokens);
  const counted = countFailed(options.failures ?? FAILED_SIGN_INS);
  return {
    mode,
    identify:
      mode === 'local'
        ? async () => LOCAL_PERSON
        : createIdentify(signIn, sessions, { counted, requests }),
    signIn: (token, address) => counted(address, () => signIn(token)),
    sessions,
    ownerOf,
    isHttps,
  };
}
