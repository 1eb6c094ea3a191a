/** The table of `docs/security.md`: which roles may use which endpoint, out of the API's own description. */
import { ROLES, type Role } from '../../contracts/access';
import { CONFINED_FIELD, ROLES_FIELD } from './access';

export const TABLE_BEGINS =
  '<!-- Made by `npm run docs` out of the routes; change them, not this. -->';
export const TABLE_ENDS = '<!-- End of what is made. -->';

/** What people find there who are confined; `nothing`: they may not use it. */
const CONFINED_WORDS: Record<string, string> = {
  theirs: 'their own runs',
  common: 'the same',
  nothing: 'no',
};

/** An OpenAPI document, as far as it is read here. */
export interface Described {
  paths?: Record<string, object>;
}

interface Operation {
  [ROLES_FIELD]: readonly Role[] | 'anyone';
  [CONFINED_FIELD]?: string;
}

/** @param page as it is, with both marks of the table @returns the same with the table as it should be */
export function securityPage(page: string, described: Described): string {
  const [before, rest] = page.split(TABLE_BEGINS);
  const after = rest?.split(TABLE_ENDS)[1];
  if (before === undefined || after === undefined)
    throw new RangeError('docs/security.md has lost the marks between which its table stands');
  return `${before}${TABLE_BEGINS}\n${rolesTable(described)}\n${TABLE_ENDS}${after}`;
}

function rolesTable({ paths = {} }: Described): string {
  const rows = Object.entries(paths)
    .flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, Operation>).map(
        ([method, operation]) => [path, method, operation] as const,
      ),
    )
    .sort(([a, of], [b, other]) => (a === b ? of.localeCompare(other) : a < b ? -1 : 1))
    .map(([path, method, operation]) => row(`\`${method.toUpperCase()} ${path}\``, operation));
  return [
    `| endpoint | nobody signed in | ${ROLES.join(' | ')} | confined |`,
    `|---|---|${ROLES.map(() => '---|').join('')}---|`,
    ...rows,
  ].join('\n');
}

function row(endpoint: string, operation: Operation): string {
  const allowed = operation[ROLES_FIELD];
  const may = (role: Role): boolean =>
    role === 'admin' ||
    allowed === 'anyone' ||
    allowed.includes('viewer') ||
    allowed.includes(role);
  const cells = [
    allowed === 'anyone' ? 'yes' : '',
    ...ROLES.map((role) => (may(role) ? 'yes' : '')),
    allowed === 'anyone' ? 'the same' : (CONFINED_WORDS[operation[CONFINED_FIELD] ?? ''] ?? ''),
  ];
  return `| ${endpoint} | ${cells.join(' | ')} |`;
}
