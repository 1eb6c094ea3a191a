/** A version of a run's state, for reading. */
import type { StateAtVersion } from '../../contracts/history';
import type { PhaseState, RunState } from '../../contracts/run-state';
import { dollars } from '../../domain/dollars';
import { shortDigests } from './history';
import { surely } from './outputs';
import { printable } from './printable';
import { renderTable } from './table';
import { money } from './units';
import { indent, renderValue } from './value';

type Row = [name: string, phase: PhaseState];

/** Everything that the state holds: money in dollars, digests by their beginning. */
export function renderState({ run, version, stateVersion, at, state }: StateAtVersion): string {
  const { phases, version: _v, changedAt: _c, startedAt, ...rest } = state as unknown as RunState;
  const facts = { ...rest, startedAt: new Date(startedAt).toISOString() };
  return [
    `${run} at version ${version} of ${stateVersion}, ${at}`,
    indent(printable(shortDigests(renderValue(facts)))),
    'phases',
    indent(renderPhases(Object.entries(phases))),
  ].join('\n');
}

function renderPhases(rows: readonly Row[]): string {
  return renderTable<Row>(rows, [
    { title: 'phase', cell: ([name]) => name },
    { title: 'status', cell: ([, { status }]) => status },
    { title: 'round', cell: ([, { round }]) => String(round), align: 'right' },
    { title: 'entry', cell: ([, { entry }]) => String(entry), align: 'right' },
    { title: 'rounds used', cell: ([, { roundsUsed }]) => String(roundsUsed), align: 'right' },
    { title: 'revisions', cell: ([, { revisions }]) => String(revisions), align: 'right' },
    { title: 'allowance', cell: ([, phase]) => dollars(phase.allowanceMicroUsd), align: 'right' },
    { title: 'spent', cell: ([, { spend }]) => money(spend), align: 'right' },
    {
      title: 'unreported',
      cell: ([, phase]) => dollars(phase.unreportedMicroUsd),
      align: 'right',
    },
    { title: 'output', cell: ([, { output }]) => shortDigests(output ?? '') },
    { title: 'confidence', cell: ([, { confidence }]) => (confidence ? surely(confidence) : '') },
    { title: 'holds', cell: ([, { categories = {} }]) => Object.keys(categories).join(', ') },
    { title: 'told', cell: ([, { instruction }]) => instruction?.kind ?? '' },
  ]);
}
