/** Whom a bearer token stands for: an API token, a token of the company's sign-in, or this machine's own key. */
import { LOCAL_PERSON, type Person } from '../../../contracts/access';
import { sha256Of } from '../../../contracts/content';
import { UserError } from '../../../contracts/errors';
import type { MachineKey } from '../../../contracts/machine-key';
import {
  holderOf,
  TOKEN,
  TOKEN_PREFIX,
  type TokenLedger,
  type TokenView,
} from '../../../contracts/tokens';

export interface SignedIn {
  person: Person;
  /** The API token that it was done with. */
  tokenId?: string;
}

/** @throws UserError `unauthenticated`, `unavailable` where nobody can tell */
export type SignIn = (bearer: string) => Promise<SignedIn>;

export interface SignInDeps {
  tokens: TokenLedger;
  machine: MachineKey;
  /** Of the company, where there is one. */
  company?: SignIn;
}

export function createSignIn({ tokens, machine, company }: SignInDeps): SignIn {
  return async (bearer) => {
    if (machine.isOne(bearer)) {
      if (machine.isGood(bearer)) return { person: LOCAL_PERSON };
      throw refused(
        'The key of this machine is out of date or of another installation: try again.',
      );
    }
    if (bearer.startsWith(TOKEN_PREFIX)) return byToken(tokens, bearer);
    if (company && bearer.split('.').length === 3) return company(bearer);
    throw refused(
      `This is no token of Tuesday: one begins with ${TOKEN_PREFIX} (\`tuesday token create\`).`,
    );
  };
}

async function byToken(tokens: TokenLedger, bearer: string): Promise<SignedIn> {
  if (!TOKEN.test(bearer))
    throw refused('The token is not whole: copy it again, from its first to its last character.');
  const token = await tokens.findToken({ sha256: sha256Of(bearer) });
  if (!token) throw refused('This installation does not know the token: check which one you use.');
  return { person: holderOf(usable(token)), tokenId: token.id };
}

/** @throws UserError `unauthenticated` for one that can be used no more */
export function usable(token: TokenView): TokenView {
  const { name, revokedAt, expiresAt } = token;
  if (revokedAt)
    throw refused(`The token "${name}" was revoked at ${revokedAt}: ask an admin for another.`);
  if (Date.parse(expiresAt) <= Date.now())
    throw refused(`The token "${name}" expired at ${expiresAt}: ask an admin for another.`);
  return token;
}

export const refused = (message: string): UserError => new UserError('unauthenticated', message);
