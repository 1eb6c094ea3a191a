/** What the client library stands on: the same code serves over HTTP and inside an installation. */
import type { ContentStore } from '../contracts/content';
import type { DecisionReceipt } from '../contracts/messages';
import type { RunReader } from '../contracts/reader';
import type { RebuildReport } from '../contracts/rebuild';
import type { InstalledTools } from '../contracts/tools';
import type { RunView } from '../contracts/views';
import type { TemporalAccess } from './temporal-connection';
import type { DecideRequest } from './types';

export interface TeamSource {
  /** What definitions are checked against. */
  installedTools(): Promise<InstalledTools>;
  /** Definition of a ready team. @throws UserError `not_found` */
  readyTeam(name: string): Promise<unknown>;
}

export interface ClientPorts {
  content: ContentStore;
  reader: RunReader;
  teams: TeamSource;
  /** Done by an installation, which has the ledger. @throws UserError */
  rebuild(id: string): Promise<RebuildReport>;
  /** @throws UserError for what cannot be taken */
  decide(view: RunView, request: DecideRequest): Promise<DecisionReceipt>;
  /** Connects at the first call. @throws UserError `unavailable` */
  temporal(): Promise<TemporalAccess>;
}
