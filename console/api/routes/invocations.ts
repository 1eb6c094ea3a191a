/** Model and tool calls across runs, and what exactly a model was given. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { InvocationList, InvocationQuery } from '../../../contracts/api';
import { declareRoute, personOf, usersRuns } from '../access';
import { ArtifactParams, jsonContent } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const ListDocument = z.object(InvocationList.shape).openapi('InvocationList');

const list = declareRoute({
  method: 'get',
  path: '/invocations',
  roles: ['viewer'],
  confined: 'theirs',
  summary: 'Invocations across runs, newest first',
  request: { query: InvocationQuery },
  responses: { 200: jsonContent(ListDocument, 'The invocations.'), ...problems(400) },
});
const request = declareRoute({
  method: 'get',
  path: '/requests/{sha256}',
  roles: ['viewer'],
  confined: 'common',
  summary: 'The input context of a model call, put together',
  description: 'By the `requestSha256` of its trace.',
  request: { params: ArtifactParams },
  responses: { 200: jsonContent(z.unknown(), 'The context.'), ...problems(400, 404) },
});

export const invocationRoutes: Routes = ({ reader }) =>
  new OpenAPIHono()
    .openapi(list, async (c) => {
      const { kind, name, failed, since, limit } = c.req.valid('query');
      const invocations = await reader.invocations({
        limit,
        ...usersRuns(personOf(c)),
        ...(kind === undefined ? {} : { kind }),
        ...(name === undefined ? {} : { name }),
        ...(failed === undefined ? {} : { failed: failed === 'true' }),
        ...(since === undefined ? {} : { since: new Date(since) }),
      });
      return c.json({ invocations }, 200);
    })
    .openapi(request, async (c) => {
      const composed = await reader.composedRequest(c.req.valid('param').sha256);
      return c.json(composed as never, 200);
    });
