/** Whether the installation is well, and what a client needs to know of it. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { mayUse, type Person } from '../../../contracts/access';
import { Health, InstallationAnswer } from '../../../contracts/api';
import { declareRoute, personOf } from '../access';
import { jsonContent } from '../bodies';
import type { ApiDeps, Routes } from '../deps';
import { createHealth } from '../health';
import { problems } from '../problems';

const HealthDocument = z.object(Health.shape).openapi('Health');
const InstallationDocument = z.object(InstallationAnswer.shape).openapi('Installation');

const health = declareRoute({
  method: 'get',
  path: '/health',
  roles: 'anyone',
  summary: 'Whether the ledger and Temporal answer',
  responses: {
    200: jsonContent(HealthDocument, 'All is well.'),
    503: jsonContent(HealthDocument, 'Something that Tuesday needs does not answer.'),
  },
});

const installation = declareRoute({
  method: 'get',
  path: '/installation',
  roles: ['viewer'],
  confined: 'common',
  summary: 'The installation, what its teams may use, and whether people sign in',
  responses: { 200: jsonContent(InstallationDocument, 'The installation.'), ...problems<never>() },
});

export const installationRoutes: Routes = (deps) => {
  const askHealth = createHealth(deps.reader, deps.tuesday, deps.installation.version);
  return new OpenAPIHono()
    .openapi(health, async (c) => {
      const answer = await askHealth();
      return c.json(answer, answer.status === 'ok' ? 200 : 503);
    })
    .openapi(installation, (c) => c.json(installationAnswer(deps, personOf(c)), 200));
};

const installationAnswer = (
  { installation: { temporal, ...installation }, installedTools, access }: ApiDeps,
  person: Person,
): InstallationAnswer => ({
  ...installation,
  access: access.mode,
  ...(mayUse(person, ['operator']) ? { temporal } : {}),
  tools: [...installedTools.tools],
  effects: { ...installedTools.effects },
  sources: { ...installedTools.sources },
  ...(installedTools.pricedModels ? { pricedModels: [...installedTools.pricedModels] } : {}),
});
