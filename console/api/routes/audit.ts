/** The audit log: reading it, verifying it, erasing people from it. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { AuditQuery } from '../../../contracts/api';
import {
  AnchorInQuery,
  AuditPage,
  AuditReport,
  EraseBody,
  Erasure,
} from '../../../contracts/audit-views';
import { given } from '../../../contracts/given';
import { actingIn, declareRoute } from '../access';
import { jsonBody, jsonContent, limitJson } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const PageDocument = z.object(AuditPage.shape).openapi('AuditPage');
const ReportDocument = z.object(AuditReport.shape).openapi('AuditReport');
const ErasureDocument = z.object(Erasure.shape).openapi('AuditErasure');

const list = declareRoute({
  method: 'get',
  path: '/audit',
  roles: ['operator'],
  summary: 'What people have decided, held up and changed, newest first',
  request: { query: AuditQuery },
  responses: { 200: jsonContent(PageDocument, 'A page of entries.'), ...problems(400, 409) },
});
const verify = declareRoute({
  method: 'get',
  path: '/audit/verify',
  roles: ['operator'],
  summary: 'Whether the audit log is as it was made',
  description: 'Reads every entry. What is wrong, and where, is in the answer.',
  request: {
    query: z.object({
      anchor: AnchorInQuery.optional().openapi({
        type: 'string',
        pattern: '^[1-9]\\d{0,14}:[0-9a-f]{64}$',
        description: 'A head that was kept somewhere else: the number of its entry and its seal.',
      }),
    }),
  },
  responses: { 200: jsonContent(ReportDocument, 'What was found.'), ...problems(400) },
});
const erase = declareRoute({
  method: 'post',
  path: '/audit/erase',
  roles: ['admin'],
  summary: 'Make untellable which entries of the audit log are a person’s',
  description: 'The entries stay and can be verified; that the person was erased is one of them.',
  middleware: [limitJson],
  request: { body: jsonBody(EraseBody) },
  responses: {
    200: jsonContent(ErasureDocument, 'Erased.'),
    ...problems(400, 404, 413, 415),
  },
});

export const auditRoutes: Routes = ({ audit }) =>
  new OpenAPIHono()
    .openapi(list, async (c) => {
      const { since, ...filter } = c.req.valid('query');
      const page = await audit.list(
        given({ ...filter, since: since === undefined ? undefined : new Date(since) }),
      );
      return c.json(page, 200);
    })
    .openapi(verify, async (c) => c.json(await audit.verify(c.req.valid('query').anchor), 200))
    .openapi(erase, async (c) => {
      const { person } = c.req.valid('json');
      return c.json(await audit.erase(person, actingIn(c)), 200);
    });
