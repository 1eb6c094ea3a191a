/**
 * Clients that name their calls by steps of a run send an `idempotency-key` of seven parts,
 * `namespace/run/first run/phase/item/round/turn.call`, each percent-encoded.
 */
export interface StepKey {
  run: string;
  phase: string;
  item: string;
  round: number;
  turn: number;
}

const PARTS_COUNT = 7;

/** Undefined for a header that is no step key. */
export function readStepKey(header: string): StepKey | undefined {
  const parts = header.split('/').map(decoded);
  if (parts.length !== PARTS_COUNT) return undefined;
  const [, run = '', , phase = '', item = '', round = '', step = ''] = parts;
  return { run, phase, item, round: Number(round), turn: Number(step.split('.')[0]) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // No percent-encoding: it stands for itself.
    return part;
  }
}
