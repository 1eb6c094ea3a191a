/** One secret for all processes of a measurement or test, wherever their data folders are. */
import { createDecisionSigner } from '../../contracts/decision-proof';
import type { AuditOptions } from '../../ledger/audit';
import { auditSealOf, keysOf } from '../../worker/secret';

export const BENCH_SECRET = 'known to everybody, and so for measurements and tests alone';

export const benchSigner = () => createDecisionSigner(keysOf(BENCH_SECRET)('decisions'));

export const benchAudit = (): AuditOptions => ({ seal: auditSealOf(keysOf(BENCH_SECRET)) });
