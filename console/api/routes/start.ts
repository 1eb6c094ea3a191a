/** Starting a run, and deciding what one asks. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { DecideBody, DecisionAnswer, StartReceipt, StartRunBody } from '../../../contracts/api';
import { given } from '../../../contracts/given';
import type { TeamInput } from '../../../contracts/team/schema';
import { jsonBody, jsonContent, limitJson, RunParams } from '../bodies';
import { keyHeader, oneKey } from '../business-key';
import type { Routes } from '../deps';
import { problems } from '../problems';

const ReceiptDocument = z.object(StartReceipt.shape).openapi('StartReceipt');
const DecisionDocument = z.object(DecisionAnswer.shape).openapi('DecisionReceipt');

const start = createRoute({
  method: 'post',
  path: '/runs',
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

const decide = createRoute({
  method: 'post',
  path: '/runs/{id}/decisions',
  summary: 'Decide what a run asks a person',
  middleware: [limitJson],
  request: { params: RunParams, body: jsonBody(DecideBody) },
  responses: {
    200: jsonContent(DecisionDocument, 'Taken.'),
    ...problems(400, 404, 409, 413, 415),
  },
});

export const startRoutes: Routes = ({ tuesday }) =>
  new OpenAPIHono()
    .openapi(start, async (c) => {
      const {
        team,
        key: keyInBody,
        documentsSha256,
        budgetMicroUsd,
        priority,
        ...rest
      } = c.req.valid('json');
      const key = oneKey(keyInBody, c.req.valid('header')['idempotency-key']);
      // The definition's schema is checked where the run is started, every problem at once.
      const { id, firstRunId, reused } = await tuesday.startRun(team as string | TeamInput, {
        ...rest,
        ...(key === undefined ? {} : { key }),
        ...(documentsSha256 === undefined ? {} : { documents: documentsSha256 }),
        ...(budgetMicroUsd === undefined ? {} : { budgetMicroUsd }),
        ...(priority === undefined ? {} : { priority }),
      });
      c.header('location', `/v1/runs/${encodeURIComponent(id)}`);
      return c.json({ id, firstRunId, reused }, reused ? 200 : 201);
    })
    .openapi(decide, async (c) => {
      const receipt = await tuesday.decide(c.req.valid('param').id, given(c.req.valid('json')));
      return c.json(receipt, 200);
    });
