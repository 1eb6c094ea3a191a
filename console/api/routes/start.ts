/** Starting a run, and deciding what one asks. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { DecideBody, DecisionAnswer, StartReceipt, StartRunBody } from '../../../contracts/api';
import { given } from '../../../contracts/given';
import type { TeamInput } from '../../../contracts/team/schema';
import { declareRoute, personOf } from '../access';
import { jsonBody, jsonContent, limitJson, RunParams } from '../bodies';
import { keyHeader, oneKey } from '../business-key';
import type { Routes } from '../deps';
import { problems } from '../problems';

const ReceiptDocument = z.object(StartReceipt.shape).openapi('StartReceipt');
const DecisionDocument = z.object(DecisionAnswer.shape).openapi('DecisionReceipt');

const start = declareRoute({
  method: 'post',
  path: '/runs',
  roles: ['starter'],
  confined: 'theirs',
  summary: 'Start a run',
  description:
    'Idempotent by business key (Idempotency-Key or `key`): the same request with the same key is the same run; another request with that key is a conflict.',
  middleware: [limitJson],
  request: {
    headers: keyHeader,
    body: jsonBody(StartRunBody),
  },
  responses: {
    201: jsonContent(ReceiptDocument, 'Started.'),
    200: jsonContent(ReceiptDocument, 'This very run had been started before.'),
    ...problems(400, 404, 409, 413, 415),
  },
});

const decide = declareRoute({
  method: 'post',
  path: '/runs/{id}/decisions',
  roles: ['reviewer', 'operator'],
  summary: 'Decide what a run asks a person',
  middleware: [limitJson],
  request: { params: RunParams, body: jsonBody(DecideBody) },
  responses: {
    200: jsonContent(DecisionDocument, 'Taken.'),
    ...problems(400, 404, 409, 413, 415),
  },
});

export const startRoutes: Routes = ({ tuesdayOf }) =>
  new OpenAPIHono()
    .openapi(start, async (c) => {
      const { team, key: inBody, documentsSha256, ...rest } = c.req.valid('json');
      const key = oneKey(inBody, c.req.valid('header')['idempotency-key']);
      // The definition's schema is checked where the run is started, every problem at once.
      const { id, firstRunId, reused } = await tuesdayOf(personOf(c)).startRun(
        team as string | TeamInput,
        given({ ...rest, key, documents: documentsSha256 }),
      );
      c.header('location', `/v1/runs/${encodeURIComponent(id)}`);
      return c.json({ id, firstRunId, reused }, reused ? 200 : 201);
    })
    .openapi(decide, async (c) => {
      const { id } = c.req.valid('param');
      const receipt = await tuesdayOf(personOf(c)).decide(id, given(c.req.valid('json')));
      return c.json(receipt, 200);
    });
