/**
 * Tokens of the company's sign-in (OpenID Connect): JWTs that it has signed, checked with the keys that
 * it publishes. Adapts the errors of `jose` to sentences of ours; nothing else knows that library.
 */
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { type Person, type Role, RoleName } from '../../../contracts/access';
import type { CompanySignIn } from '../../../contracts/company-sign-in';
import { sha256Of } from '../../../contracts/content';
import { DEADLINE_ACTOR } from '../../../contracts/deadline';
import { UserError } from '../../../contracts/errors';
import { PERSON_GROUPS_MAX } from '../../../contracts/limits';
import { UserId } from '../../../contracts/run';
import { NAME } from '../../../contracts/team/schema';
import { refused, type SignIn } from './sign-in';

/** Keys that only its owner signs with: no `none`, and no secret that is shared with whoever verifies. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** By so much clocks may differ. */
const SKEW_S = 60;
const FETCH_MS = 5_000;
/** Keys that a token names and that are not known are looked for this often at most. */
const COOLDOWN_MS = 30_000;
const KEYS_MS = 600_000;
const OPAQUE_CHARACTERS = 32;

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** @param cooldownMs as `COOLDOWN_MS` */
export function createCompanySignIn(settings: CompanySignIn, cooldownMs = COOLDOWN_MS): SignIn {
  const { issuer, audience } = settings;
  const keys = createKeys(settings, cooldownMs);
  return async (token) => ({ person: personOf(settings, await verified(token)) });

  async function verified(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, await keys(), {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_S,
        requiredClaims: ['exp'],
      });
      return payload;
    } catch (error) {
      throw toUserError(issuer, error);
    }
  }
}

/** Where they are is asked once; a sign-in that was away is asked again. */
function createKeys({ issuer, jwksUrl }: CompanySignIn, cooldownDuration: number) {
  let asked: Promise<JWTVerifyGetKey> | undefined;
  const find = async (): Promise<JWTVerifyGetKey> =>
    createRemoteJWKSet(new URL(jwksUrl ?? (await discover(issuer))), {
      cooldownDuration,
      timeoutDuration: FETCH_MS,
      cacheMaxAge: KEYS_MS,
    });
  return (): Promise<JWTVerifyGetKey> => {
    asked ??= find().catch((error) => {
      asked = undefined;
      throw error;
    });
    return asked;
  };
}

async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
  const found = Discovery.safeParse(response.ok ? await response.json() : undefined);
  if (found.success && found.data.issuer === issuer) return found.data.jwks_uri;
  throw new UserError(
    'unavailable',
    `The sign-in at ${issuer} does not describe itself as that issuer at ${url}: check TUESDAY_OIDC.`,
  );
}

function personOf(settings: CompanySignIn, payload: JWTPayload): Person {
  const { claims, everyone, confined } = settings;
  const values = (claim: string): string[] => {
    const found = claimOf(payload, claim);
    return [found].flat().filter((value): value is string => typeof value === 'string');
  };
  const [user] = values(claims.user);
  if (user === undefined || user === '')
    throw refused(`The token does not say who signed in: it has no claim "${claims.user}".`);
  const roles = [...new Set([...everyone, ...values(claims.roles).flatMap(rolesBy(settings))])];
  const groups = [...new Set(values(claims.groups).flatMap(groupsBy(settings)))];
  if (groups.length > PERSON_GROUPS_MAX)
    throw refused(
      `The token names ${groups.length} groups, more than ${PERSON_GROUPS_MAX}: map those that teams ask for ("groups" of TUESDAY_OIDC).`,
    );
  const mayMore = roles.some((role) => role !== 'viewer' && role !== 'starter');
  return { id: opaque(settings.issuer, user), roles, groups, confined: confined && !mayMore };
}

const rolesBy =
  ({ roles: map }: CompanySignIn) =>
  (value: string): Role[] => {
    if (map) return Object.hasOwn(map, value) ? (map[value] ?? []) : [];
    const role = RoleName.safeParse(value);
    return role.success ? [role.data] : [];
  };

const groupsBy =
  ({ groups: map }: CompanySignIn) =>
  (value: string): string[] => {
    const group = map ? (Object.hasOwn(map, value) ? map[value] : undefined) : value;
    return group !== undefined && NAME.test(group) ? [group] : [];
  };

/** A claim by its name, which may be a URL, else by the way to it. */
function claimOf(payload: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  return claim.split('.').reduce<unknown>((within, name) => {
    const isObject = typeof within === 'object' && within !== null;
    return isObject && Object.hasOwn(within, name)
      ? (within as Record<string, unknown>)[name]
      : undefined;
  }, payload);
}

/** What cannot be a user's id in Tuesday is one by its digest, always the same. */
function opaque(issuer: string, user: string): string {
  if (UserId.safeParse(user).success && user !== DEADLINE_ACTOR) return user;
  return `oidc-${sha256Of(`${issuer} ${user}`).slice(0, OPAQUE_CHARACTERS)}`;
}

function toUserError(issuer: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof errors.JWTExpired)
    return refused('The token of the sign-in has expired: sign in again.');
  if (error instanceof errors.JWTClaimValidationFailed) return refused(claimInWords(issuer, error));
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refused('The signature of the token is wrong: it was changed, or signed by another.');
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return refused(
      `The token is signed in a way that is not accepted: ${ALGORITHMS.join(', ')} are.`,
    );
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return refused(`The token is signed with a key that ${issuer} does not name: sign in again.`);
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid)
    return refused('The token is no whole token of a sign-in: copy it again.');
  // What is left is the way to the keys: the network, a status, or what no key set is.
  return new UserError(
    'unavailable',
    `The sign-in at ${issuer} does not give its keys: nobody can be signed in by it until it answers again.`,
  );
}

function claimInWords(issuer: string, { claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `The token has no claim "${claim}", which it needs.`;
  if (claim === 'aud') return 'The token was made for another program: its "aud" is not Tuesday.';
  if (claim === 'iss') return `The token is of another sign-in than ${issuer}.`;
  if (claim === 'nbf') return 'The token is not valid yet: check the clocks.';
  return `The claim "${claim}" of the token cannot be taken.`;
}
