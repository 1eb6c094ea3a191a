/** What happened to a run, a row for each version of its state. */
import type { HistoryEntry, HistoryPage, StateChange } from '../../contracts/history';
import { pathParts } from '../../domain/state-diff';
import { cut, renderTable } from './table';

/** A row stays on a few lines of a terminal; `--json` has the whole. */
const WHY_CHARACTERS_MAX = 120;
const CHANGES_CHARACTERS_MAX = 160;
const VALUE_CHARACTERS_MAX = 32;
const DIGEST_CHARACTERS = 12;
/** They change with every version. */
const ALWAYS_CHANGED = ['/version', '/changedAt'];

export function renderHistory({ entries, stateVersion }: HistoryPage): string {
  if (entries.length === 0)
    return stateVersion === 0
      ? 'The run has not been opened: nothing has happened yet.'
      : `There is nothing after version ${stateVersion}, which is the newest.`;
  return renderTable(entries, [
    { title: 'version', cell: ({ version }) => String(version), align: 'right' },
    { title: 'when', cell: ({ at }) => at },
    { title: 'who', cell: whoOf },
    { title: 'what', cell: ({ what }) => what },
    { title: 'why', cell: ({ why }) => cut(why ?? '', WHY_CHARACTERS_MAX) },
    {
      title: 'changes',
      cell: ({ changes }) => cut(renderChanges(changes), CHANGES_CHARACTERS_MAX),
    },
  ]);
}

function whoOf({ who: { kind, id, models } }: HistoryEntry): string {
  return `${kind}${id ? ` ${id}` : ''}${models ? ` (${models.join(', ')})` : ''}`;
}

/** `phases.research.status running → done; …`. */
export function renderChanges(changes: readonly StateChange[]): string {
  return changes
    .filter(({ path }) => !ALWAYS_CHANGED.includes(path))
    .map(
      ({ path, before, after }) =>
        `${pathParts(path).join('.')} ${shortValue(before)} → ${shortValue(after)}`,
    )
    .join('; ');
}

function shortValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return cut(shortDigests(text), VALUE_CHARACTERS_MAX);
}

/** A sha256 is told from another by its beginning. */
export const shortDigests = (text: string): string =>
  text.replace(/\b[0-9a-f]{64}\b/g, (digest) => `${digest.slice(0, DIGEST_CHARACTERS)}…`);
