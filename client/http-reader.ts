/** The reading port over the HTTP API. */
import { z } from 'zod';
import { Health, InvocationList, RecoveryList, RunPage, TraceAnswer } from '../contracts/api';
import { UserError } from '../contracts/errors';
import { HistoryPage, StateAtVersion } from '../contracts/history';
import { LivePage } from '../contracts/live-events';
import type { InvocationFilter, ReviewFilter, RunFilter, RunReader } from '../contracts/reader';
import { ReviewDetail, ReviewPage } from '../contracts/review-views';
import { RunView } from '../contracts/views';
import type { ApiClient, Query } from './api';
import { followStream } from './event-stream';

/** Beside the wait itself: the way there and back. */
const WAIT_MARGIN_MS = 10_000;

/** Also of an installation that is not well: it says what is wrong. */
export const healthOf = (api: ApiClient): Promise<Health> =>
  api.getJson(Health, '/v1/health', { also: 503 });

export function createHttpReader(api: ApiClient): RunReader {
  const runPath = (id: string) => `/v1/runs/${encodeURIComponent(id)}`;
  return {
    getRun: (id) => orUndefined(() => api.getJson(RunView, runPath(id))),
    async listRuns(filter) {
      const page = await api.getJson(RunPage, '/v1/runs', { query: toRunQuery(filter) });
      const { runs, cursor } = page;
      return cursor === undefined ? { runs } : { runs, cursor };
    },
    async reviews(filter) {
      const page = await api.getJson(ReviewPage, '/v1/reviews', { query: toReviewQuery(filter) });
      const { reviews, cursor } = page;
      return cursor === undefined ? { reviews } : { reviews, cursor };
    },
    review: (id, reviewId) =>
      orUndefined(() =>
        api.getJson(ReviewDetail, `${runPath(id)}/reviews/${encodeURIComponent(reviewId)}`),
      ),
    followRun: (id, request = {}) => followStream(api, `${runPath(id)}/events`, request),
    followAll: ({ user, ...request } = {}) => followStream(api, '/v1/events', request, { user }),
    eventsAfter: (query = {}) => api.getJson(LivePage, '/v1/events', { query: { ...query } }),
    trace: async (id) => (await api.getJson(TraceAnswer, `${runPath(id)}/trace`)).steps,
    async history(id, { after, limit }) {
      const query = { after, limit };
      const page = await api.getJson(HistoryPage, `${runPath(id)}/events`, { query });
      const { stateVersion, entries, next } = page;
      return next === undefined ? { stateVersion, entries } : { stateVersion, entries, next };
    },
    stateAt: (id, at) =>
      orUndefined(() => api.getJson(StateAtVersion, `${runPath(id)}/state`, { query: { at } })),
    invocations: async (filter) =>
      (await api.getJson(InvocationList, '/v1/invocations', { query: toInvocationQuery(filter) }))
        .invocations,
    async recoveries({ since, team }) {
      const query = { since: since?.toISOString(), team };
      return (await api.getJson(RecoveryList, '/v1/recoveries', { query })).recoveries;
    },
    async waitForChange(id, revision, timeoutMs) {
      await orUndefined(() =>
        api.getJson(z.unknown(), `${runPath(id)}/wait`, {
          query: { revision, timeoutMs },
          timeoutMs: timeoutMs + WAIT_MARGIN_MS,
        }),
      );
    },
    openBreakers: async () => (await healthOf(api)).breakers,
    troubledChannels: async () => (await healthOf(api)).channels,
    composedRequest: (sha256) =>
      api.getJson(z.unknown(), `/v1/requests/${encodeURIComponent(sha256)}`),
  };
}

function toRunQuery({ status, team, user, limit, cursor }: RunFilter): Query {
  return { status, team, user, limit, cursor };
}

function toInvocationQuery({ kind, name, failed, since, limit }: InvocationFilter): Query {
  return { kind, name, failed, since: since?.toISOString(), limit };
}

/** Whose groups count is the API's to know. */
function toReviewQuery({ decidableBy, ...filter }: ReviewFilter): Query {
  return { ...filter, decidableBy: decidableBy?.id };
}

async function orUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError && error.kind === 'not_found') return undefined;
    throw error;
  }
}
