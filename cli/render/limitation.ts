/** A limitation on one line: what is lacking, of what, where, and how much of it. */
import type { RunResult } from '../../contracts/views';

const SECOND_MS = 1_000;

export function limitationLine(limitation: RunResult['limitations'][number]): string {
  const { kind, phase, source, tool, count, ageMs, detail } = limitation;
  const of = source ?? tool;
  return [
    kind,
    of ? ` of ${of}` : '',
    phase ? ` in ${phase}` : '',
    count && count > 1 ? ` × ${count}` : '',
    ageMs === undefined ? '' : `, ${Math.ceil(ageMs / SECOND_MS)} s old`,
    detail ? `: ${detail}` : '',
  ].join('');
}
