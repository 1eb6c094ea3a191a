import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Bill } from './bill';
import { parseJson, readBody } from './body';
import type { Holds } from './delivery';
import { ApiError, errorBody } from './errors';
import type { Faults } from './faults/armed-faults';
import { faultSchema } from './faults/kinds';
import type { RequestLog } from './request-log';
import { type HttpHandler, sendJson } from './server';

/**
 * What tests in other processes use, under `/_simulator/`. It is no part of the API, and every
 * answer says whose it is. Paths: GET bill, requests, faults; POST faults, release, keys;
 * DELETE faults.
 */
export interface AdminParts {
  bill: Bill;
  log: RequestLog;
  faults: Faults;
  holds: Holds;
  setApiKeys: (keys: string[] | undefined) => void;
}

const keysBody = z.strictObject({ apiKeys: z.array(z.string()).nullable() });

export function createAdmin(parts: AdminParts): HttpHandler {
  const routes: Record<string, (body: unknown) => Record<string, unknown>> = {
    'GET bill': () => ({ bill: parts.bill.lines() }),
    'GET requests': () => ({
      requests: parts.log.entries().map(({ body: _body, ...entry }) => entry),
    }),
    'GET faults': () => ({ faults: parts.faults.list() }),
    'POST faults': (body) => {
      parts.faults.add(faultSchema.parse(body));
      return {};
    },
    'DELETE faults': () => {
      parts.faults.clear();
      return {};
    },
    'POST release': () => {
      parts.holds.release();
      return {};
    },
    'POST keys': (body) => {
      parts.setApiKeys(keysBody.parse(body).apiKeys ?? undefined);
      return {};
    },
  };
  return async (request, response) => {
    const name = `${request.method} ${(request.url ?? '').slice('/_simulator/'.length)}`;
    try {
      const route = routes[name];
      if (route === undefined) {
        throw new ApiError(
          'not_found_error',
          `No ${name} here; there are ${Object.keys(routes).join(', ')}`,
        );
      }
      const result = route(await bodyOf(request));
      sendJson(response, 200, { simulator: true, ...result });
    } catch (error) {
      const fault = asApiError(error);
      sendJson(response, fault.status, {
        simulator: true,
        ...errorBody(fault.type, fault.message, ''),
      });
    }
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request);
  return text === '' ? undefined : parseJson(text);
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof z.ZodError) {
    return new ApiError('invalid_request_error', z.prettifyError(error));
  }
  return new ApiError('api_error', error instanceof Error ? error.message : String(error));
}
