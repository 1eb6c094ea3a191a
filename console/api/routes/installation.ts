/** Whether the installation is well, and what a client needs to know of it. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { Health, InstallationAnswer } from '../../../contracts/api';
import { jsonContent } from '../bodies';
import type { ApiDeps, Routes } from '../deps';
import { problems } from '../problems';

const HealthDocument = z.object(Health.shape).openapi('Health');
const InstallationDocument = z.object(InstallationAnswer.shape).openapi('Installation');

const health = createRoute({
  method: 'get',
  path: '/health',
  summary: 'Whether the ledger and Temporal answer',
  responses: {
    200: jsonContent(HealthDocument, 'All is well.'),
    503: jsonContent(HealthDocument, 'Something that Tuesday needs does not answer.'),
  },
});

const installation = createRoute({
  method: 'get',
  path: '/installation',
  summary: 'The installation, and how to reach its Temporal server',
  responses: { 200: jsonContent(InstallationDocument, 'The installation.'), ...problems<never>() },
});

export const installationRoutes: Routes = (deps) =>
  new OpenAPIHono()
    .openapi(health, async (c) => {
      const [ledger, temporal] = await Promise.all([
        ledgerAnswers(deps.reader),
        deps.tuesday.temporalAnswers(),
      ]);
      const body: Health = {
        status: ledger && temporal ? 'ok' : 'degraded',
        version: deps.installation.version,
        ledger: ledger ? 'up' : 'down',
        temporal: temporal ? 'up' : 'down',
      };
      return c.json(body, body.status === 'ok' ? 200 : 503);
    })
    .openapi(installation, (c) => c.json(installationAnswer(deps), 200));

const installationAnswer = ({ installation, installedTools }: ApiDeps): InstallationAnswer => ({
  ...installation,
  tools: [...installedTools.tools],
  effects: { ...installedTools.effects },
});

/** Any error of the smallest question means: not well. */
async function ledgerAnswers(reader: Parameters<Routes>[0]['reader']): Promise<boolean> {
  return reader.listRuns({ limit: 1 }).then(
    () => true,
    () => false,
  );
}
