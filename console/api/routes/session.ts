/** Signing in with a browser, and who one is. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { CookieOptions } from 'hono/utils/cookie';
import type { Person } from '../../../contracts/access';
import { UserError } from '../../../contracts/errors';
import { SessionBody, SessionView } from '../../../contracts/session';
import { addressOf, declareRoute, personOf } from '../access';
import { jsonBody, jsonContent, limitJson } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';
import type { Access } from '../who';
import { bearerOf, cookieOf, SESSION_COOKIE } from '../who/identify';
import type { Session } from '../who/sessions';

const SessionDocument = z.object(SessionView.shape).openapi('Session');

const open = declareRoute({
  method: 'post',
  path: '/session',
  roles: 'anyone',
  summary: 'Sign in with a browser',
  description:
    'Sets a cookie that programs of other sites cannot use: HttpOnly, SameSite=Strict, Secure where browsers come by https.',
  middleware: [limitJson],
  request: { body: jsonBody(SessionBody) },
  responses: {
    201: jsonContent(SessionDocument, 'Signed in.'),
    ...problems(400, 401, 409, 413, 415, 429),
  },
});
const show = declareRoute({
  method: 'get',
  path: '/session',
  roles: ['viewer'],
  confined: 'common',
  summary: 'Who one is, and what one may do',
  responses: { 200: jsonContent(SessionDocument, 'Who asks.'), ...problems<never>() },
});
const end = declareRoute({
  method: 'delete',
  path: '/session',
  roles: ['viewer'],
  confined: 'common',
  summary: 'Sign out',
  responses: {
    204: { description: 'The cookie is good for nothing any more.' },
    ...problems<never>(),
  },
});

export const sessionRoutes: Routes = ({ access }) =>
  new OpenAPIHono()
    .openapi(open, async (c) => {
      if (access.mode === 'local')
        throw new UserError(
          'conflict',
          'Nobody signs in here: whoever works on this machine may do everything (TUESDAY_ACCESS=local).',
        );
      const signedIn = await access.signIn(c.req.valid('json').token, addressOf(c));
      const { session, cookie } = access.sessions.open(signedIn);
      setCookie(c, SESSION_COOKIE, cookie, { ...cookieOptions(access), expires: session.until });
      return c.json(view(access, session.person, session), 201);
    })
    .openapi(show, async (c) => c.json(view(access, personOf(c), await sessionOf(c, access)), 200))
    .openapi(end, async (c) => {
      const session = await sessionOf(c, access);
      if (session) await access.sessions.end(session);
      deleteCookie(c, SESSION_COOKIE, cookieOptions(access));
      return c.body(null, 204);
    });

const cookieOptions = ({ isHttps }: Access): CookieOptions => ({
  httpOnly: true,
  sameSite: 'Strict',
  secure: isHttps,
  path: '/',
});

/** Where it is by a cookie that somebody asks. */
async function sessionOf(c: Context, { mode, sessions }: Access): Promise<Session | undefined> {
  if (mode === 'local' || bearerOf(c.req.raw) !== undefined) return undefined;
  const cookie = cookieOf(c.req.raw);
  return cookie === undefined ? undefined : sessions.find(cookie);
}

const view = (
  { mode }: Access,
  { id, roles, groups, confined = false }: Person,
  session: Session | undefined,
): SessionView => ({
  id,
  roles: [...roles],
  groups: [...groups],
  confined,
  mode,
  ...(session ? { csrfToken: session.csrfToken, expiresAt: session.until.toISOString() } : {}),
});
