/** Reading runs. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { runNotFound } from '../../../client/not-found';
import { RunPage, RunQuery, TraceAnswer, WaitQuery, WorkflowAnswer } from '../../../contracts/api';
import { getJson } from '../../../contracts/content';
import { UserError } from '../../../contracts/errors';
import type { RunReader } from '../../../contracts/reader';
import { isEnd } from '../../../contracts/run-status';
import { RunResult, RunView } from '../../../contracts/views';
import { declareRoute, personOf, reachesRun, usersRuns } from '../access';
import { jsonContent, RunParams } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const PageDocument = z.object(RunPage.shape).openapi('RunPage');
const RunDocument = z.object(RunView.shape).openapi('Run');
const ResultDocument = z.object(RunResult.shape).openapi('RunResult');
const WorkflowDocument = z.object(WorkflowAnswer.shape).openapi('Workflow');
const TraceDocument = z.object(TraceAnswer.shape).openapi('Trace');

const list = declareRoute({
  method: 'get',
  path: '/runs',
  roles: ['viewer'],
  confined: 'theirs',
  summary: 'Runs, newest first',
  request: { query: RunQuery },
  responses: { 200: jsonContent(PageDocument, 'A page of runs.'), ...problems(400) },
});
const show = declareRoute({
  method: 'get',
  path: '/runs/{id}',
  roles: ['viewer'],
  summary: 'Where a run stands',
  request: { params: RunParams },
  responses: { 200: jsonContent(RunDocument, 'The run.'), ...problems(400, 404) },
});
const wait = declareRoute({
  method: 'get',
  path: '/runs/{id}/wait',
  roles: ['viewer'],
  summary: 'Wait for a change of a run',
  description: 'Answers as soon as the revision is above the one given, or when the time is over.',
  request: { params: RunParams, query: WaitQuery, WorkflowAnswer },
  responses: { 200: jsonContent(RunDocument, 'The run.'), ...problems(400, 404) },
});
const result = declareRoute({
  method: 'get',
  path: '/runs/{id}/result',
  roles: ['viewer'],
  summary: 'The result of a run that has ended',
  request: { params: RunParams },
  responses: { 200: jsonContent(ResultDocument, 'The result.'), ...problems(400, 404, 409) },
});
const workflow = declareRoute({
  method: 'get',
  path: '/runs/{id}/workflow',
  roles: ['viewer'],
  summary: 'How a run’s workflow stands in Temporal',
  description:
    'Also before the run has been opened, which takes milliseconds once a worker has it.',
  request: { params: RunParams },
  responses: { 200: jsonContent(WorkflowDocument, 'How it stands.'), ...problems(400, 404) },
});
const trace = declareRoute({
  method: 'get',
  path: '/runs/{id}/trace',
  roles: ['viewer'],
  summary: 'Every invocation of a run, in order',
  request: { params: RunParams },
  responses: { 200: jsonContent(TraceDocument, 'The trace.'), ...problems(400, 404) },
});

export const runRoutes: Routes = ({ reader, content, tuesday }) =>
  new OpenAPIHono()
    .openapi(list, async (c) => {
      const { status, team, user, limit, cursor } = c.req.valid('query');
      const page = await reader.listRuns({
        limit,
        ...(status === undefined ? {} : { status }),
        ...(team === undefined ? {} : { team }),
        ...usersRuns(personOf(c), user),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return c.json(page, 200);
    })
    .openapi(show, async (c) => c.json(await find(reader, c.req.valid('param').id), 200))
    .openapi(wait, async (c) => {
      const { id } = c.req.valid('param');
      const { revision, timeoutMs } = c.req.valid('query');
      await reader.waitForChange(id, revision, timeoutMs);
      // Meanwhile somebody else may have started it anew, where it had failed.
      await reachesRun(c, id);
      return c.json(await find(reader, id), 200);
    })
    .openapi(result, async (c) => {
      const run = await find(reader, c.req.valid('param').id);
      if (run.resultSha256 === undefined) throw noResult(run);
      return c.json(await getJson<RunResult>(content, run.resultSha256), 200);
    })
    .openapi(workflow, async (c) => {
      const { id } = c.req.valid('param');
      return c.json({ status: await tuesday.workflowStatus(id) }, 200);
    })
    .openapi(trace, async (c) => {
      const { id } = c.req.valid('param');
      await find(reader, id);
      return c.json({ steps: await reader.trace(id) }, 200);
    });

async function find(reader: RunReader, id: string): Promise<RunView> {
  const run = await reader.getRun(id);
  if (run === undefined) throw runNotFound(id);
  return run;
}

function noResult({ id, status, explanation }: RunView): UserError {
  return new UserError(
    'conflict',
    isEnd(status)
      ? `The run "${id}" has no result: ${explanation}`
      : `The run "${id}" has not ended yet (${status}): wait for it first.`,
  );
}
