/** The audit log over the HTTP API. */
import { AuditPage, AuditReport, Erasure } from '../contracts/audit-views';
import { given } from '../contracts/given';
import type { ApiClient } from './api';
import type { AuditAccess } from './ports';

/** A long log is read from its first entry to its last. */
const VERIFY_MS = 600_000;

export function createHttpAudit(api: ApiClient): AuditAccess {
  return {
    list: async ({ since, ...filter }) =>
      given(
        await api.getJson(AuditPage, '/v1/audit', {
          query: { ...filter, since: since?.toISOString() },
        }),
      ),
    verify: (known) =>
      api.getJson(AuditReport, '/v1/audit/verify', {
        query: { anchor: known && `${known.sequence}:${known.mac}` },
        timeoutMs: VERIFY_MS,
      }),
    erase: (person) => api.postJson(Erasure, '/v1/audit/erase', { person }),
  };
}
