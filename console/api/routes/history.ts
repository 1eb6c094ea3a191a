/** The versions of a run's state. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { HistoryQuery, StateQuery } from '../../../contracts/api';
import { HistoryPage, StateAtVersion } from '../../../contracts/history';
import { declareRoute } from '../access';
import { jsonContent, RunParams } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const HistoryDocument = z.object(HistoryPage.shape).openapi('HistoryPage');
const StateDocument = z.object(StateAtVersion.shape).openapi('StateAtVersion');

const events = declareRoute({
  method: 'get',
  path: '/runs/{id}/events',
  roles: ['viewer'],
  summary: 'What happened to a run: who, what, when, why, and what it changed',
  description: 'Oldest first, a page at a time: `next` is the `after` of the next page.',
  request: { params: RunParams, query: HistoryQuery },
  responses: { 200: jsonContent(HistoryDocument, 'A page of events.'), ...problems(400, 404) },
});
const state = declareRoute({
  method: 'get',
  path: '/runs/{id}/state',
  roles: ['viewer'],
  summary: 'The state of a run at a version',
  request: { params: RunParams, query: StateQuery },
  responses: { 200: jsonContent(StateDocument, 'The state.'), ...problems(400, 404) },
});

export const historyRoutes: Routes = ({ tuesday }) =>
  new OpenAPIHono()
    .openapi(events, async (c) => {
      const { id } = c.req.valid('param');
      return c.json(await tuesday.history(id, c.req.valid('query')), 200);
    })
    .openapi(state, async (c) => {
      const { at } = c.req.valid('query');
      return c.json(await tuesday.state(c.req.valid('param').id, at), 200);
    });
