/** What the API stands on; the composition root gives it. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Tuesday } from '../../client/types';
import type { Person } from '../../contracts/access';
import type { AuditKeeper } from '../../contracts/audit';
import type { ContentStore } from '../../contracts/content';
import type { RunReader } from '../../contracts/reader';
import type { DefinedTeam } from '../../contracts/team/define';
import type { TokenLedger } from '../../contracts/tokens';
import type { InstalledTools } from '../../contracts/tools';
import type { InstallationView } from '../../contracts/views';
import type { Access } from './who';

export interface ApiLog {
  error(fields: object, message: string): void;
}

export interface ApiDeps {
  reader: RunReader;
  content: ContentStore;
  /** The client library inside this process, for reading. */
  tuesday: Tuesday;
  /** The same for what a person does: starts and decisions are theirs. */
  tuesdayOf(person: Person): Tuesday;
  access: Access;
  tokens: TokenLedger;
  audit: AuditKeeper;
  installation: InstallationView;
  /** Ready teams by name. */
  teams: Readonly<Record<string, DefinedTeam<unknown>>>;
  installedTools: InstalledTools;
  /** Where causes of unexpected errors go. Default: JSON lines on stderr. */
  log?: ApiLog;
}

/** One file of routes; `/v1` is put in front where they are mounted. */
export type Routes = (deps: ApiDeps & { log: ApiLog }) => OpenAPIHono;
