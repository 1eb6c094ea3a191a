/** Which people may use a route, and who it is that asks: every route of the API is declared here. */
import { createRoute, type RouteConfig } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { mayUse, type Person, type Role } from '../../contracts/access';
import { UserError } from '../../contracts/errors';
import type { Identify } from './deps';
import { forbiddenDocument } from './problems';

/** `anyone`: also who has not signed in. */
export type Allowed = readonly Role[] | 'anyone';

/** Where OpenAPI shows the roles of a route. */
export const ROLES_FIELD = 'x-tuesday-roles';
const IDENTIFY = 'identify';
const PERSON = 'person';

type Config<P extends string> = Omit<RouteConfig, 'path'> & { path: P };

/** `createRoute` with the roles of which one is enough to use it; an admin may use every route. */
export function declareRoute<P extends string, R extends Config<P>>(
  config: R & { roles: Allowed },
): ReturnType<typeof createRoute<P, R>> {
  const { roles, ...route }: Config<P> & { roles: Allowed } = config;
  const declared: RouteConfig = {
    ...route,
    [ROLES_FIELD]: roles,
    middleware: [admit(roles), ...[route.middleware ?? []].flat()],
    responses: { ...route.responses, ...(roles === 'anyone' ? {} : { 403: forbiddenDocument }) },
  };
  // What is added changes nothing in what handlers take and answer.
  return createRoute(declared) as ReturnType<typeof createRoute<P, R>>;
}

/** How routes find out who asks. */
export const identifyBy =
  (identify: Identify): MiddlewareHandler =>
  (c, next) => {
    c.set(IDENTIFY, identify);
    return next();
  };

/** Who asks; of routes that have roles. */
export function personOf(c: Context): Person {
  const person: Person | undefined = c.get(PERSON);
  if (person === undefined) throw new Error(`anyone may ask for ${c.req.path}`);
  return person;
}

function admit(roles: Allowed): MiddlewareHandler {
  return async (c, next) => {
    if (roles !== 'anyone') {
      const identify: Identify = c.get(IDENTIFY);
      const person = await identify(c.req.raw);
      if (!mayUse(person, roles)) throw notAllowed(person, roles);
      c.set(PERSON, person);
    }
    await next();
  };
}

function notAllowed({ roles }: Person, allowed: readonly Role[]): UserError {
  const needed = [...new Set([...allowed, 'admin'])].join(' or ');
  const has = roles.length > 0 ? `you have ${roles.join(', ')}` : 'you have none';
  return new UserError('forbidden', `This needs the role ${needed}: ${has}.`);
}
