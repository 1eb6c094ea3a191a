/** The HTTP API as an application; `serve.ts` puts it on a port. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { pino } from 'pino';
import { CSRF_HEADER } from '../../contracts/session';
import { withAccess } from './access';
import type { ApiDeps } from './deps';
import { allowedMethods } from './methods';
import { invalidRequest, methodNotAllowed, onError, problemResponse } from './problems';
import { artifactRoutes } from './routes/artifacts';
import { auditRoutes } from './routes/audit';
import { eventRoutes } from './routes/events';
import { historyRoutes } from './routes/history';
import { installationRoutes } from './routes/installation';
import { invocationRoutes } from './routes/invocations';
import { operateRoutes } from './routes/operate';
import { recoveryRoutes } from './routes/recoveries';
import { reviewRoutes } from './routes/reviews';
import { runRoutes } from './routes/runs';
import { sessionRoutes } from './routes/session';
import { startRoutes } from './routes/start';
import { switchRoutes } from './routes/switches';
import { teamRoutes } from './routes/teams';
import { tokenRoutes } from './routes/tokens';
import { SESSION_COOKIE } from './who/identify';

const STDERR = 2;
const ALL_ROUTES = [
  installationRoutes,
  artifactRoutes,
  teamRoutes,
  startRoutes,
  runRoutes,
  historyRoutes,
  eventRoutes,
  operateRoutes,
  switchRoutes,
  invocationRoutes,
  recoveryRoutes,
  reviewRoutes,
  auditRoutes,
  sessionRoutes,
  tokenRoutes,
];

export function createApi(deps: ApiDeps): OpenAPIHono {
  const log = deps.log ?? pino({ name: 'api' }, pino.destination(STDERR));
  const app = new OpenAPIHono({
    defaultHook: (result) =>
      result.success ? undefined : invalidRequest(result.target, result.error),
  });
  app.use(async (c, next) => {
    await next();
    c.header('x-content-type-options', 'nosniff');
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  app.use('/v1/*', withAccess(deps.access));
  for (const routes of ALL_ROUTES) app.route('/v1', routes({ ...deps, log }));
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token, or a token of the company’s sign-in.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: `With the header ${CSRF_HEADER} where something is changed.`,
  });
  const about = {
    openapi: '3.1.0',
    info: {
      title: 'Tuesday',
      version: deps.installation.version,
      description: 'Runs teams of LLM agents in production.',
    },
  };
  app.doc31('/openapi.json', about);
  app.notFound((c) => {
    const allowed = allowedMethods(app.getOpenAPI31Document(about), c.req.path);
    if (allowed.length > 0) return methodNotAllowed(c.req.method, c.req.path, allowed);
    return problemResponse({
      status: 404,
      detail: `There is nothing at ${c.req.method} ${c.req.path}: /openapi.json lists what there is.`,
    });
  });
  app.onError(onError(log));
  return app;
}
