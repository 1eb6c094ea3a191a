/** What happens to runs: page by page, or as it happens. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { HistoryQuery, LivePlace, LivePlaceInRun, LiveQuery } from '../../../contracts/api';
import { given } from '../../../contracts/given';
import { HistoryPage } from '../../../contracts/history';
import { LivePage } from '../../../contracts/live-events';
import { declareRoute, personOf, usersRuns } from '../access';
import { RunParams } from '../bodies';
import type { Routes } from '../deps';
import { createEventStreams, EVENT_STREAM, wantsStream } from '../event-stream';
import { problems } from '../problems';

const HistoryDocument = z.object(HistoryPage.shape).openapi('HistoryPage');
const LiveDocument = z.object(LivePage.shape).openapi('LivePage');

const resumeAfter = (place: typeof LivePlace) =>
  z.object({
    'last-event-id': place.optional().describe('Of a stream: the id of the last event taken.'),
  });
const STREAM_WORDS =
  'Each event has an `id` and, as `data`, one line of JSON of the schema `LiveEvent`; a stream begins with the id of the place where it starts, and comments show that it is alive. A stream that was cut goes on after `Last-Event-ID`: no event is missing and none comes twice.';

const ofRun = declareRoute({
  method: 'get',
  path: '/runs/{id}/events',
  roles: ['viewer'],
  summary: 'What happened to a run: who, what, when, why, and what it changed',
  description: `Oldest first, a page at a time: \`next\` is the \`after\` of the next page. With \`Accept: ${EVENT_STREAM}\` as it happens, until the run has ended; ids are state versions. ${STREAM_WORDS}`,
  request: { params: RunParams, query: HistoryQuery, headers: resumeAfter(LivePlaceInRun) },
  responses: {
    200: {
      description: 'A page of events, or the events as they happen.',
      content: {
        'application/json': { schema: HistoryDocument },
        [EVENT_STREAM]: { schema: z.string() },
      },
    },
    204: { description: 'Of a stream: the run has ended and all its events are known.' },
    ...problems(400, 404),
  },
});
const ofAll = declareRoute({
  method: 'get',
  path: '/events',
  roles: ['viewer'],
  confined: 'theirs',
  summary: 'What happens to all runs, as it happens',
  description: `From now on, or after a place: a page, or with \`Accept: ${EVENT_STREAM}\` as it happens. ${STREAM_WORDS} Events of one run come in its order. A version that comes again replaces the earlier one: the run was reset.`,
  request: { query: LiveQuery, headers: resumeAfter(LivePlace) },
  responses: {
    200: {
      description: 'A page of events, or the events as they happen.',
      content: {
        'application/json': { schema: LiveDocument },
        [EVENT_STREAM]: { schema: z.string() },
      },
    },
    ...problems(400),
  },
});

export const eventRoutes: Routes = ({ tuesday, reader, log }) => {
  const streams = createEventStreams(log);
  return new OpenAPIHono()
    .openapi(ofRun, async (c) => {
      const { id } = c.req.valid('param');
      const { after: version, limit } = c.req.valid('query');
      if (!wantsStream(c)) return c.json(await tuesday.history(id, { after: version, limit }), 200);
      const after = c.req.valid('header')['last-event-id'] ?? String(version);
      return streams.answer(c, (signal) => reader.followRun(id, { after, signal })) as never;
    })
    .openapi(ofAll, async (c) => {
      const { after: place, user } = c.req.valid('query');
      const after = c.req.valid('header')['last-event-id'] ?? place;
      const request = { ...given({ after }), ...usersRuns(personOf(c), user) };
      if (!wantsStream(c)) return c.json(await reader.eventsAfter(request), 200);
      return streams.answer(c, (signal) => reader.followAll({ ...request, signal })) as never;
    });
};
