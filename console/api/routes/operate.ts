/** What can be done with a run as a whole: fork it, rebuild its projection. */
import { randomUUID } from 'node:crypto';
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ForkBody, StartReceipt } from '../../../contracts/api';
import { given } from '../../../contracts/given';
import { runKey } from '../../../contracts/ids';
import { RebuildReport } from '../../../contracts/rebuild';
import { actingIn, declareRoute, personOf } from '../access';
import { jsonBody, jsonContent, limitJson, RunParams } from '../bodies';
import { keyHeader, oneKey } from '../business-key';
import type { Routes } from '../deps';
import { problems } from '../problems';

const ReceiptDocument = z.object(StartReceipt.shape).openapi('StartReceipt');
const RebuildDocument = z.object(RebuildReport.shape).openapi('RebuildReport');

const fork = declareRoute({
  method: 'post',
  path: '/runs/{id}/fork',
  roles: ['starter'],
  summary: 'Start a run that takes over the earlier phases of another one',
  description:
    'Phases before `from` are taken over with their artifacts and cost nothing; `from` and all that builds on it are done again. Effects are off unless asked for.',
  middleware: [limitJson],
  request: { params: RunParams, headers: keyHeader, body: jsonBody(ForkBody) },
  responses: {
    201: jsonContent(ReceiptDocument, 'Started.'),
    200: jsonContent(ReceiptDocument, 'This very fork had been started before.'),
    ...problems(400, 404, 409, 413, 415),
  },
});
const rebuild = declareRoute({
  method: 'post',
  path: '/runs/{id}/rebuild',
  roles: ['operator'],
  summary: 'Make a run’s state versions and events again from its history',
  request: { params: RunParams },
  responses: {
    200: jsonContent(RebuildDocument, 'What was found.'),
    ...problems(400, 404, 409),
  },
});

export const operateRoutes: Routes = ({ tuesdayOf, audit, installation }) =>
  new OpenAPIHono()
    .openapi(fork, async (c) => {
      const { id } = c.req.valid('param');
      const { key: inBody, ...rest } = c.req.valid('json');
      const key = oneKey(inBody, c.req.valid('header')['idempotency-key']);
      const started = await tuesdayOf(personOf(c)).fork(id, given({ ...rest, key }));
      c.header('location', `/v1/runs/${encodeURIComponent(started.id)}`);
      const { id: forkId, firstRunId, reused } = started;
      return c.json({ id: forkId, firstRunId, reused }, reused ? 200 : 201);
    })
    .openapi(rebuild, async (c) => {
      const { id } = c.req.valid('param');
      const tuesday = tuesdayOf(personOf(c));
      const { versions, equal, ...report } = await tuesday.rebuild(id);
      const { firstRunId } = await tuesday.getRun(id);
      const key = runKey({ ...installation.temporal, workflowId: id, firstRunId });
      await audit.append({
        key: `rebuilt/${randomUUID()}`,
        action: 'run_rebuilt',
        ...actingIn(c),
        subject: { kind: 'run', id: key },
        run: key,
        after: { versions, equal },
      });
      return c.json({ versions, equal, ...report }, 200);
    });
