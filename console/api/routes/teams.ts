/** Teams: those that are ready, and what is wrong with one's own. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { unknownTeam } from '../../../client/choose-team';
import { TeamAnswer, TeamList, type TeamSummary, TeamVerdict } from '../../../contracts/api';
import { checkTeam } from '../../../contracts/team/check';
import type { TeamInput } from '../../../contracts/team/schema';
import type { InstalledTools } from '../../../contracts/tools';
import { declareRoute } from '../access';
import { jsonBody, jsonContent, limitJson } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const ListDocument = z.object(TeamList.shape).openapi('TeamList');
const TeamDocument = z.object(TeamAnswer.shape).openapi('Team');
const VerdictDocument = z.object(TeamVerdict.shape).openapi('TeamVerdict');

const list = declareRoute({
  method: 'get',
  path: '/teams',
  roles: ['viewer'],
  confined: 'common',
  summary: 'Ready teams',
  responses: { 200: jsonContent(ListDocument, 'The ready teams.'), ...problems<never>() },
});
const show = declareRoute({
  method: 'get',
  path: '/teams/{name}',
  roles: ['viewer'],
  confined: 'common',
  summary: 'A ready team and its definition',
  request: { params: z.object({ name: z.string().min(1).max(100) }) },
  responses: { 200: jsonContent(TeamDocument, 'The team.'), ...problems(400, 404) },
});
const validate = declareRoute({
  method: 'post',
  path: '/teams/validate',
  roles: ['viewer'],
  confined: 'common',
  summary: 'Check a team definition',
  description: 'Names every problem at once, each with its place.',
  middleware: [limitJson],
  request: { body: jsonBody(z.unknown()) },
  responses: { 200: jsonContent(VerdictDocument, 'The verdict.'), ...problems(400, 413, 415) },
});

export const teamRoutes: Routes = ({ teams, installedTools: known }) => {
  return new OpenAPIHono()
    .openapi(list, (c) =>
      c.json(
        { teams: Object.values(teams).map(({ definition }) => summary(definition, known)) },
        200,
      ),
    )
    .openapi(show, (c) => {
      const { name } = c.req.valid('param');
      const team = Object.hasOwn(teams, name) ? teams[name] : undefined;
      if (team === undefined) throw unknownTeam(name, Object.keys(teams));
      const definition: Record<string, unknown> = team.definition;
      return c.json({ ...summary(team.definition, known), definition }, 200);
    })
    .openapi(validate, (c) => {
      const { problems: found } = checkTeam(c.req.valid('json'), known);
      return c.json({ valid: found.length === 0, problems: found }, 200);
    });
};

/** A ready team that does not hold is a defect of ours. */
function summary(definition: TeamInput, known: InstalledTools): TeamSummary {
  const { team, problems: found } = checkTeam(definition, known);
  if (team === undefined)
    throw new Error(`the ready team ${definition.name} is broken: ${JSON.stringify(found)}`);
  const { name, version, description, documents, budgetMicroUsd, phases } = team;
  return {
    name,
    version,
    description,
    documents,
    budgetMicroUsd,
    phases: phases.map((phase) => phase.name),
  };
}
