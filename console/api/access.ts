/** Which people may use a route, and who it is that asks: every route of the API is declared here. */
import { getConnInfo } from '@hono/node-server/conninfo';
import { createRoute, type RouteConfig } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { runNotFound } from '../../client/not-found';
import { mayUse, type Person, type Role } from '../../contracts/access';
import type { AuditAuthor } from '../../contracts/audit';
import { UserError } from '../../contracts/errors';
import { problemDocuments } from './problems';
import type { Access } from './who';

/** `anyone`: also who has not signed in. */
export type Allowed = readonly Role[] | 'anyone';

/**
 * What people find at a route who are confined to their own runs. Below `/runs/{id}` it is the run where
 * it is theirs, and nothing else. Elsewhere it has to be said, or they may not use the route:
 * `theirs`, since its handler keeps to their runs (`usersRuns`), or `common`, where nothing is of a run.
 */
export type ForConfined = 'theirs' | 'common';

interface Declaration {
  roles: Allowed;
  confined?: ForConfined;
}

/** Where OpenAPI shows what a route was declared with. */
export const ROLES_FIELD = 'x-tuesday-roles';
export const CONFINED_FIELD = 'x-tuesday-confined';
const ACCESS = 'access';
const PERSON = 'person';
const OF_A_RUN = /^\/runs\/\{id\}(\/|$)/;

type Config<P extends string> = Omit<RouteConfig, 'path'> & { path: P };

/** `createRoute` with the roles of which one is enough to use it; an admin may use every route. */
export function declareRoute<P extends string, R extends Config<P>>(
  config: R & Declaration,
): ReturnType<typeof createRoute<P, R>> {
  const { roles, confined, ...route }: Config<P> & Declaration = config;
  const forConfined = OF_A_RUN.test(route.path) ? 'theirs' : (confined ?? 'nothing');
  const declared: RouteConfig = {
    ...route,
    [ROLES_FIELD]: roles,
    ...(roles === 'anyone' ? {} : { [CONFINED_FIELD]: forConfined }),
    security: roles === 'anyone' ? [] : [{ token: [] }, { session: [] }],
    middleware: [
      ...(roles === 'anyone' ? [] : [admit(roles, OF_A_RUN.test(route.path) ? 'run' : confined)]),
      ...[route.middleware ?? []].flat(),
    ],
    responses: {
      ...route.responses,
      ...(roles === 'anyone' ? {} : problemDocuments(401, 403, 429)),
    },
  };
  // What is added changes nothing in what handlers take and answer.
  return createRoute(declared) as ReturnType<typeof createRoute<P, R>>;
}

/** How routes find out who asks. */
export const withAccess =
  (access: Access): MiddlewareHandler =>
  (c, next) => {
    c.set(ACCESS, access);
    return next();
  };

/** Who asks; of routes that have roles. */
export function personOf(c: Context): Person {
  const person: Person | undefined = c.get(PERSON);
  if (person === undefined) throw new Error(`anyone may ask for ${c.req.path}`);
  return person;
}

/** Who does it, for the audit log. */
export function actingIn(c: Context): AuditAuthor {
  const { id, roles, isUnchecked } = personOf(c);
  const address = addressOf(c);
  return {
    actor: id,
    ...(isUnchecked ? {} : { verified: true, role: roles.join(' ') }),
    from: { way: 'api', ...(address === '' ? {} : { address }) },
  };
}

/**
 * Of whom a list of runs, or of what is of runs, is to be.
 * @throws UserError `forbidden` for somebody else where a person is confined
 */
export function usersRuns({ id, confined }: Person, asked?: string): { user?: string } {
  if (!confined) return asked === undefined ? {} : { user: asked };
  if (asked === undefined || asked === id) return { user: id };
  throw new UserError(
    'forbidden',
    `You see runs of your own alone: leave out user, or say "${id}".`,
    'user',
  );
}

/** @throws UserError `not_found` for a run of somebody else where a person is confined */
export async function reachesRun(c: Context, id: string): Promise<void> {
  const { confined, id: user } = personOf(c);
  const { ownerOf }: Access = c.get(ACCESS);
  if (confined && (await ownerOf(id)) !== user) throw runNotFound(id);
}

function admit(
  roles: readonly Role[],
  confined: ForConfined | 'run' | undefined,
): MiddlewareHandler {
  return async (c, next) => {
    const { identify }: Access = c.get(ACCESS);
    const person = await identify(c.req.raw, addressOf(c));
    if (!mayUse(person, roles)) throw notAllowed(person, roles);
    if (person.confined && confined === undefined)
      throw new UserError('forbidden', 'This is not for people who reach their own runs alone.');
    c.set(PERSON, person);
    if (confined === 'run') await reachesRun(c, c.req.param('id') ?? '');
    await next();
  };
}

/** Empty where a request did not come over a socket. */
export function addressOf(c: Context): string {
  return c.env?.incoming === undefined ? '' : (getConnInfo(c).remote.address ?? '');
}

function notAllowed({ roles }: Person, allowed: readonly Role[]): UserError {
  const needed = [...new Set([...allowed, 'admin'])].join(' or ');
  const has = roles.length > 0 ? `you have ${roles.join(', ')}` : 'you have none';
  return new UserError('forbidden', `This needs the role ${needed}: ${has}.`);
}
