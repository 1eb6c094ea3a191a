/** What an agent says of its own work, and what speaks against it. */
import type { RunPhaseInput } from '../../contracts/activities';
import type { Confidence, Doubt } from '../../contracts/confidence';
import type { DocumentManifest } from '../../contracts/documents';
import type { HandoffFailureKind } from '../../contracts/failures';
import type { RecoveryAction } from '../../contracts/recoveries';
import type { Limitation } from '../../contracts/run-status';
import type { Phase } from '../../contracts/team/schema';
import { readsDocuments } from '../../contracts/tools';
import { correctConfidence } from '../../domain/confidence';

export interface AcceptedWork {
  output: Record<string, unknown>;
  phase: Phase;
  round: RunPhaseInput;
  documents: DocumentManifest | undefined;
  limitations: readonly Limitation[];
  /** Taken in this round. */
  recoveries: readonly RecoveryAction[];
  /** Of the output itself, where a person may take it all the same. Default 0. */
  failedChecks?: number;
}

/** The property `confidence` of the output, from 0 to 1; nothing where it has none. */
export function statedConfidence(work: AcceptedWork): { confidence?: Confidence } {
  const { confidence: stated } = work.output;
  if (typeof stated !== 'number' || !(stated >= 0 && stated <= 1)) return {};
  const inputs = Object.values(work.round.facts ?? {}).flatMap(({ confidence }) =>
    confidence ? [confidence] : [],
  );
  return { confidence: correctConfidence(stated, doubtsOf(work), inputs) };
}

/** Rejections that say something of the work; those of a model that is away do not. */
const REJECTED: readonly HandoffFailureKind[] = [
  'missing_fields',
  'format_violation',
  'empty_output',
  'truncated',
];

function doubtsOf(work: AcceptedWork): Doubt[] {
  const { phase, round, documents, limitations, recoveries, failedChecks = 0 } = work;
  const { rejections = {}, missing, model } = round;
  const taken = (action: RecoveryAction) => recoveries.filter((one) => one === action).length;
  const lacking = (kind: Limitation['kind']) =>
    limitations.filter((limitation) => limitation.kind === kind).length;
  const unread = phase.tools.some(readsDocuments) ? (documents?.unavailable.length ?? 0) : 0;
  return [
    { kind: 'check_failed', count: (rejections.check_failed ?? 0) + failedChecks },
    {
      kind: 'round_rejected',
      count: REJECTED.reduce((sum, kind) => sum + (rejections[kind] ?? 0), 0),
    },
    { kind: 'answer_repaired', count: taken('repair_turn') },
    { kind: 'source_unavailable', count: lacking('source_unavailable') },
    { kind: 'stale_result', count: lacking('stale_result') },
    { kind: 'documents_unread', count: unread },
    {
      kind: 'input_missing',
      count: phase.needs.filter((need) => missing.includes(need.phase)).length,
    },
    { kind: 'cut_short', count: lacking(`incomplete_${phase.name}`) },
    { kind: 'context_compacted', count: lacking('context_compacted') },
    { kind: 'fallback_model', count: model > 0 ? 1 : 0 },
  ];
}
