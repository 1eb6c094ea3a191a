/** Who sends a request, where people sign in. */
import { parse } from 'hono/utils/cookie';
import type { Person } from '../../../contracts/access';
import { TooMany, UserError } from '../../../contracts/errors';
import { CREDENTIAL_CHARACTERS_MAX } from '../../../contracts/limits';
import { CSRF_HEADER } from '../../../contracts/session';
import { createRate, type Rate } from './rates';
import { isSame, type Sessions } from './sessions';
import { refused, type SignIn } from './sign-in';

/** Who sends a request. @throws UserError for who cannot be told */
export type Identify = (
  request: Request,
  /** Where it comes from. */
  address: string,
) => Promise<Person>;

export const SESSION_COOKIE = 'tuesday_session';
const HARMLESS = ['GET', 'HEAD', 'OPTIONS'];
const BEARER = /^Bearer +(\S+) *$/i;

export interface Counts {
  /** Of sign-ins that fail, of each address. */
  counted: Counted;
  /** Of each person. */
  requests: Rate;
}

export function createIdentify(
  signIn: SignIn,
  sessions: Sessions,
  { counted, requests }: Counts,
): Identify {
  const asked = createRate(requests);
  return async (request, address) => {
    const person = await counted(address, () => whoSends(request, signIn, sessions));
    const waitS = asked(person.id);
    if (waitS > 0)
      throw new TooMany(`"${person.id}" asks too often: try again in ${waitS} s.`, waitS);
    return person;
  };
}

/** Does what may find that nobody has signed in. @throws TooMany in place of one refusal too many */
export type Counted = <T>(address: string, work: () => Promise<T>) => Promise<T>;

/** With good credentials one passes, however often others of the same address failed: many share one. */
export function countFailed(rate: Rate): Counted {
  const failed = createRate(rate);
  return (address, work) =>
    work().catch((error: unknown) => {
      if (!(error instanceof UserError) || error.kind !== 'unauthenticated') throw error;
      const waitS = failed(address);
      if (waitS === 0) throw error;
      throw new TooMany(
        `Too many sign-ins from ${address} failed: try again in ${waitS} s.`,
        waitS,
      );
    });
}

async function whoSends(request: Request, signIn: SignIn, sessions: Sessions): Promise<Person> {
  const bearer = bearerOf(request);
  if (bearer !== undefined) return (await signIn(bearer)).person;
  const cookie = cookieOf(request);
  if (cookie === undefined)
    throw refused(
      'Nobody is signed in: send an API token as "Authorization: Bearer tdy_…" (`tuesday token create` makes one).',
    );
  const { person, csrfToken } = await sessions.find(cookie);
  if (
    !HARMLESS.includes(request.method) &&
    !isSame(request.headers.get(CSRF_HEADER) ?? '', csrfToken)
  )
    throw new UserError(
      'forbidden',
      `A request by cookie that changes something needs the header ${CSRF_HEADER}: GET /v1/session tells its value.`,
    );
  return person;
}

/** @throws UserError `unauthenticated` for another way of signing in */
export function bearerOf(request: Request): string | undefined {
  const header = request.headers.get('authorization');
  if (header === null) return undefined;
  const bearer = BEARER.exec(header)?.[1];
  if (bearer === undefined || bearer.length > CREDENTIAL_CHARACTERS_MAX)
    throw refused('The header Authorization must be "Bearer" and a token.');
  return bearer;
}

export const cookieOf = (request: Request): string | undefined =>
  parse(request.headers.get('cookie') ?? '', SESSION_COOKIE)[SESSION_COOKIE];
