/** What the client library stands on: the same code serves over HTTP and inside an installation. */
import type { ContentStore } from '../contracts/content';
import type { RunReader } from '../contracts/reader';
import type { TemporalAccess } from './temporal-connection';

export interface TeamSource {
  /** Tools that phases may name. */
  installedTools(): Promise<readonly string[]>;
  /** Definition of a ready team. @throws UserError `not_found` */
  readyTeam(name: string): Promise<unknown>;
}

export interface ClientPorts {
  content: ContentStore;
  reader: RunReader;
  teams: TeamSource;
  /** Connects at the first call. @throws UserError `unavailable` */
  temporal(): Promise<TemporalAccess>;
}
