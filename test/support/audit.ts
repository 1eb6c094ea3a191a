/** Entries of the audit log, and events of a run that come to some. */
import type { AuditEntry } from '../../contracts/audit';
import type { RunEvent } from '../../contracts/run-state';
import { SOME_SHA256 } from './plans';
import { eventsOf } from './test-ledger';

export function auditEntry(key: string, changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    key,
    at: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    action: 'switch_on',
    actor: 'u-7',
    verified: true,
    role: 'operator',
    subject: { kind: 'team', id: 'report' },
    before: { mode: null },
    after: { mode: 'pause' },
    reasonSha256: SOME_SHA256,
    from: { way: 'api', address: '192.0.2.7' },
    ...changes,
  };
}

/** A review, and a decision that a person without sign-in makes on it. */
export function decidedEvents(actor = 'u-7'): RunEvent[] {
  return eventsOf(
    1,
    { type: 'run_opened', budgetMicroUsd: 1_000, phases: ['research', 'writing'] },
    { type: 'phase_started', phase: 'research', round: 1, allowanceMicroUsd: 500 },
    {
      type: 'review_opened',
      review: {
        id: 'review-1',
        kind: 'operator',
        phase: 'research',
        reason: 'authentication',
        digest: SOME_SHA256,
        options: ['resume', 'stop'],
      },
    },
    {
      type: 'decision_taken',
      decision: { decisionId: 'd-1', reviewId: 'review-1', decision: 'resume', actor },
    },
  );
}
