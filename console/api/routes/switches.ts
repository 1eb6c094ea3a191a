/** Holding runs up: one run, or all of a user, team, model, tool, or all there are. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { SwitchQuery } from '../../../contracts/api';
import {
  HoldInput,
  ResumeReceipt,
  SwitchList,
  SwitchOffInput,
  SwitchOnInput,
  SwitchReceipt,
} from '../../../contracts/switch-views';
import { declareRoute, personOf } from '../access';
import { jsonBody, jsonContent, limitJson, RunParams } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const ReceiptDocument = z.object(SwitchReceipt.shape).openapi('SwitchReceipt');
const ResumeDocument = z.object(ResumeReceipt.shape).openapi('ResumeReceipt');
const ListDocument = z.object(SwitchList.shape).openapi('SwitchList');

const ofRun = {
  method: 'post' as const,
  roles: ['operator' as const],
  middleware: [limitJson],
  request: { params: RunParams, body: jsonBody(HoldInput) },
};
const answers = {
  200: jsonContent(ReceiptDocument, 'It is on, or was on already.'),
  ...problems(400, 404, 409, 413, 415),
};

const pause = declareRoute({
  ...ofRun,
  path: '/runs/{id}/pause',
  summary: 'Pause a run',
  description: 'Calls under way finish and are recorded; nothing new begins until it is resumed.',
  responses: answers,
});
const resume = declareRoute({
  ...ofRun,
  path: '/runs/{id}/resume',
  summary: 'Let a run go on that was paused',
  responses: {
    ...answers,
    200: jsonContent(ResumeDocument, 'It goes on, unless something else holds it up.'),
  },
});
const stop = declareRoute({
  ...ofRun,
  path: '/runs/{id}/stop',
  summary: 'Stop a run',
  description: 'Calls under way finish and are recorded; then it ends with what it has.',
  responses: answers,
});
const list = declareRoute({
  method: 'get',
  path: '/switches',
  roles: ['operator'],
  summary: 'Switches that hold runs up, newest first',
  request: { query: SwitchQuery },
  responses: { 200: jsonContent(ListDocument, 'Those of single runs too.'), ...problems(400) },
});
const set = declareRoute({
  method: 'post',
  path: '/switches',
  roles: ['operator'],
  summary: 'Pause or stop all runs of a user, team, model or tool, or all there are',
  description:
    'Holds from the next step of each run on. The scope "installation" needs the role admin.',
  middleware: [limitJson],
  request: { body: jsonBody(SwitchOnInput) },
  responses: { ...answers, ...problems(400, 409, 413, 415) },
});
const turnOff = declareRoute({
  method: 'post',
  path: '/switches/off',
  roles: ['operator'],
  summary: 'Turn a switch off',
  middleware: [limitJson],
  request: { body: jsonBody(SwitchOffInput) },
  responses: {
    200: jsonContent(ReceiptDocument, 'It is off.'),
    ...problems(400, 409, 413, 415),
  },
});

export const switchRoutes: Routes = ({ tuesdayOf }) =>
  new OpenAPIHono()
    .openapi(pause, async (c) =>
      c.json(await tuesdayOf(personOf(c)).pause(c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .openapi(resume, async (c) =>
      c.json(
        await tuesdayOf(personOf(c)).resume(c.req.valid('param').id, c.req.valid('json')),
        200,
      ),
    )
    .openapi(stop, async (c) =>
      c.json(await tuesdayOf(personOf(c)).stop(c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .openapi(list, async (c) => {
      const switches = await tuesdayOf(personOf(c)).switches(c.req.valid('query'));
      return c.json({ switches }, 200);
    })
    .openapi(set, async (c) =>
      c.json(await tuesdayOf(personOf(c)).setSwitch(c.req.valid('json')), 200),
    )
    .openapi(turnOff, async (c) =>
      c.json(await tuesdayOf(personOf(c)).turnOffSwitch(c.req.valid('json')), 200),
    );
