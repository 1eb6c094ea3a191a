/** A run's state, as it is and as it was. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { StateQuery } from '../../../contracts/api';
import { StateAtVersion } from '../../../contracts/history';
import { declareRoute } from '../access';
import { jsonContent, RunParams } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const StateDocument = z.object(StateAtVersion.shape).openapi('StateAtVersion');

const state = declareRoute({
  method: 'get',
  path: '/runs/{id}/state',
  roles: ['viewer'],
  summary: 'The state of a run at a version',
  request: { params: RunParams, query: StateQuery },
  responses: { 200: jsonContent(StateDocument, 'The state.'), ...problems(400, 404) },
});

export const historyRoutes: Routes = ({ tuesday }) =>
  new OpenAPIHono().openapi(state, async (c) => {
    const { at } = c.req.valid('query');
    return c.json(await tuesday.state(c.req.valid('param').id, at), 200);
  });
