/** Switches that hold runs up, for people. */
import type { SwitchView } from '../../contracts/switch-views';
import { renderTable } from './table';

/** `ann has paused the team "report" since 2026-11-21T08:00:00.000Z, because “…”`. */
export function switchWords(one: SwitchView): string {
  const { by, mode, since, reason } = one;
  const why = reason === undefined ? '' : `, because “${reason}”`;
  return `${by} has ${mode === 'stop' ? 'stopped' : 'paused'} ${placeWords(one)} since ${since}${why}`;
}

export const placeWords = ({ scope, name }: Pick<SwitchView, 'scope' | 'name'>): string =>
  name === undefined ? 'the installation' : `the ${scope} "${name}"`;

export function renderSwitches(switches: readonly SwitchView[]): string {
  return renderTable(switches, [
    { title: 'scope', cell: ({ scope }) => scope },
    { title: 'name', cell: ({ name }) => name ?? '' },
    { title: 'mode', cell: ({ mode, off }) => (off ? `${mode}, off` : mode) },
    { title: 'by', cell: ({ by }) => by },
    { title: 'since', cell: ({ since }) => since },
    { title: 'off', cell: ({ off }) => (off ? `${off.at}${off.by ? ` by ${off.by}` : ''}` : '') },
    { title: 'reason', cell: ({ reason }) => reason ?? '' },
  ]);
}
