/** The audit log in lines. */
import type { AuditFacts } from '../../contracts/audit';
import type { AuditRecord, AuditReport, Named } from '../../contracts/audit-views';
import { renderTable } from './table';

const DIGEST_CHARACTERS = 12;

export function renderAudit(entries: readonly AuditRecord[]): string {
  if (entries.length === 0) return 'There is no such entry.';
  return renderTable(entries, [
    { title: 'entry', cell: ({ sequence }) => String(sequence), align: 'right' },
    { title: 'at', cell: ({ at }) => at },
    { title: 'action', cell: ({ action }) => action },
    {
      title: 'by',
      cell: ({ actor, verified }) => `${person(actor)}${verified ? '' : ' (unverified)'}`,
    },
    { title: 'of', cell: subjectOf },
    { title: 'run', cell: ({ run }) => (run === undefined ? '' : businessKeyOf(run)) },
    { title: 'what', cell: whatOf },
    { title: 'from', cell: ({ from }) => [from.way, from.address].filter(Boolean).join(' ') },
  ]);
}

const person = ({ id, digest }: Named): string =>
  id ?? `erased:${digest.slice(0, DIGEST_CHARACTERS)}`;

function subjectOf({ subject: { kind, id, digest } }: AuditRecord): string {
  if (kind === 'run') return 'run';
  const which = id ?? (digest === undefined ? '' : person({ digest }));
  return `${kind} ${which}`.trim();
}

/** `namespace/business key/first run id`, each percent-encoded. */
const businessKeyOf = (run: string): string => decodeURIComponent(run.split('/')[1] ?? run);

/** `pause → off`, `decision=approve, to u-8`. */
function whatOf({ before, after, person: other }: AuditRecord): string {
  const facts = {
    ...(before ? { was: words(before) } : {}),
    ...(after ? { is: words(after) } : {}),
  };
  const said = facts.was === undefined ? facts.is : [facts.was, facts.is].join(' → ');
  return [said, other && `for ${person(other)}`].filter(Boolean).join(', ');
}

const words = (facts: AuditFacts): string =>
  Object.entries(facts)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.length : value}`)
    .join(' ');

export function renderAuditReport(report: AuditReport): string {
  const { intact, entries, head, anchors, problems, unlisted } = report;
  if (!intact)
    return [
      `The audit log is NOT as it was made (${entries} entries):`,
      ...problems.map(({ message }) => `  ${message}`),
      ...(unlisted > 0 ? [`  And ${unlisted} more.`] : []),
    ].join('\n');
  if (entries === 0) return 'The audit log is intact: there is no entry yet.';
  return [
    `The audit log is intact: ${entries} entries, ${anchors} heads that were kept elsewhere agree.`,
    `Its head, to be kept for --anchor: ${head.sequence}:${head.mac}`,
  ].join('\n');
}
