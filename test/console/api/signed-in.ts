/** An installation where people sign in, and requests of people. */
import type { AccessOptions } from '../../../console/api';
import type { Role } from '../../../contracts/access';
import type { CreatedToken, TokenInput } from '../../../contracts/tokens';
import { type Answer, ask } from './ask';
import { serveTestInstallation, type TestInstallation } from './served-api';

export type As = (path: string, method?: string, body?: unknown) => Promise<Answer>;

export interface SignedInInstallation extends TestInstallation {
  /** With a bearer token, or without any. */
  as(bearer: string | undefined): As;
  tokenFor(user: string, roles: Role[], more?: Partial<TokenInput>): Promise<CreatedToken>;
}

export async function serveSignedIn(
  who: Partial<AccessOptions> = {},
): Promise<SignedInInstallation> {
  const here = await serveTestInstallation(undefined, { mode: 'required', ...who });
  const as =
    (bearer: string | undefined): As =>
    (path, method = 'GET', body) =>
      ask(`${here.api.url}/v1${path}`, {
        method,
        headers: {
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
  return {
    ...here,
    as,
    async tokenFor(user, roles, more = {}) {
      const { status, body } = await as(here.machine.mint())('/tokens', 'POST', {
        name: `of ${user}`,
        user,
        roles,
        ...more,
      });
      if (status !== 201) throw new Error(`no token: ${JSON.stringify(body)}`);
      return body;
    },
  };
}
