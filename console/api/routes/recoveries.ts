/** Which recoveries were taken across runs. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { RecoveryList, RecoveryQuery } from '../../../contracts/api';
import { declareRoute, personOf, usersRuns } from '../access';
import { jsonContent } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const ListDocument = z.object(RecoveryList.shape).openapi('RecoveryList');

const list = declareRoute({
  method: 'get',
  path: '/recoveries',
  roles: ['viewer'],
  confined: 'theirs',
  summary: 'Which recoveries were taken across runs, and how often',
  description: 'Counted by failure and action, the most frequent first.',
  request: { query: RecoveryQuery },
  responses: { 200: jsonContent(ListDocument, 'The recoveries.'), ...problems(400) },
});

export const recoveryRoutes: Routes = ({ tuesday }) =>
  new OpenAPIHono().openapi(list, async (c) => {
    const { since, team } = c.req.valid('query');
    const recoveries = await tuesday.recoveries({
      ...usersRuns(personOf(c)),
      ...(since === undefined ? {} : { since: new Date(since) }),
      ...(team === undefined ? {} : { team }),
    });
    return c.json({ recoveries }, 200);
  });
