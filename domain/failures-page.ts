/** `docs/failures.md`, made of the table: a test holds the two together. */
import { FAILURES, type FailureKind, type FailurePoint } from '../contracts/failures';
import { POSSIBLE_ACTIONS, type RecoveryAction } from '../contracts/recoveries';
import { RECOVERY } from './recovery';
import { ACTION_WORDS, RECOVERY_ROWS, type RecoveryRow } from './recovery-rows';

const INTRODUCTION = `# Failures

Every failure has one declared recovery. This page is made from \`domain/recovery.ts\` by
\`npm run docs\`; change the table, not the page. Each kind is provoked by a case of
\`test/chaos/recoveries/\`, which turns red when the recovery is switched off.

A recovery is a *ladder*: its actions are tried from the left on, and each only where it is possible: a
fallback needs something to fall back on, only an optional phase degrades. Where nothing is left, the run
ends as \`failed\` with its partial result and the failure as the reason. A team declares other ladders
in \`recoveries\`, out of the actions named under "may also": see [teams](teams.md).

Whose recovery it is: *step*: taken inside the activity of the phase; *round*: the phase is done once
more; *run*: a matter of the run as a whole. Every recovery taken is an event of the run (\`tuesday
history\`), a row in the ledger and a count in the metric \`tuesday_recoveries_taken\`, labelled by point,
failure and recovery.
`;

const POINT_WORDS: Record<FailurePoint, string> = {
  handoff: 'Handoffs',
  tool: 'Tools',
  effect: 'Effects',
  model: 'Models',
  run: 'Runs',
  ledger: 'Ledger',
  person: 'People',
};

export function failuresPage(): string {
  const points = Object.keys(POINT_WORDS) as FailurePoint[];
  return [INTRODUCTION, ...points.map(pointSection), actionsSection()].join('\n');
}

function pointSection(point: FailurePoint): string {
  const rows = Object.keys(RECOVERY_ROWS) as RecoveryRow[];
  const own = rows.filter((row) => RECOVERY_ROWS[row].point === point);
  return `## ${POINT_WORDS[point]}\n\n${own.map(rowSection).join('\n')}`;
}

function rowSection(row: RecoveryRow): string {
  const { failure, owner } = RECOVERY_ROWS[row];
  const kinds = Object.values(FAILURES)
    .flat()
    .filter((kind) => RECOVERY[kind].row === row);
  return [
    `### \`${row}\``,
    '',
    `${failure.charAt(0).toUpperCase()}${failure.slice(1)}. Owner: ${owner}.`,
    '',
    '| failure | recovery | may also |',
    '|---|---|---|',
    ...kinds.map(kindLine),
    '',
  ].join('\n');
}

function kindLine(kind: FailureKind): string {
  const { ladder, next } = RECOVERY[kind];
  const others = POSSIBLE_ACTIONS[kind].filter((action) => !ladder.includes(action));
  const follows = next ? [`then as \`${next}\``] : [];
  return `| \`${kind}\` | ${[...ladder.map(code), ...follows].join(' → ')} | ${others.map(code).join(', ')} |`;
}

const code = (action: RecoveryAction): string => `\`${action}\``;

function actionsSection(): string {
  const actions = Object.entries(ACTION_WORDS).map(
    ([action, words]) => `| \`${action}\` | ${words} |`,
  );
  return ['## Recoveries', '', '| recovery | what happens |', '|---|---|', ...actions, ''].join(
    '\n',
  );
}
