/** What the client library stands on: the same code serves over HTTP and inside an installation. */
import type { SwitchFilter } from '../contracts/api';
import type { AuditFilter, AuditHead } from '../contracts/audit';
import type { AuditPage, AuditReport, Erasure } from '../contracts/audit-views';
import type { ContentStore } from '../contracts/content';
import type { DecisionReceipt } from '../contracts/messages';
import type { RunReader } from '../contracts/reader';
import type { RebuildReport } from '../contracts/rebuild';
import type {
  HoldInput,
  ResumeReceipt,
  SwitchOffInput,
  SwitchOnInput,
  SwitchReceipt,
  SwitchView,
} from '../contracts/switch-views';
import type { SwitchMode } from '../contracts/switches';
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

/** Done by an installation, which has the ledger. Each throws UserError for what cannot be done. */
export interface SwitchPorts {
  hold(view: RunView, mode: SwitchMode, request: HoldInput): Promise<SwitchReceipt>;
  letGo(view: RunView, request: HoldInput): Promise<ResumeReceipt>;
  set(request: SwitchOnInput): Promise<SwitchReceipt>;
  turnOff(request: SwitchOffInput): Promise<SwitchReceipt>;
  /** Newest first. */
  list(filter: SwitchFilter): Promise<SwitchView[]>;
}

export interface AuditAccess {
  list(filter: AuditFilter): Promise<AuditPage>;
  verify(known?: AuditHead): Promise<AuditReport>;
  /** In the name of whoever asks. */
  erase(person: string): Promise<Erasure>;
}

export interface ClientPorts {
  content: ContentStore;
  reader: RunReader;
  teams: TeamSource;
  /** Done by an installation, which has the ledger. @throws UserError */
  rebuild(id: string): Promise<RebuildReport>;
  /** Where an installation keeps it. @throws UserError */
  audit: AuditAccess;
  /** @throws UserError for what cannot be taken */
  decide(view: RunView, request: DecideRequest): Promise<DecisionReceipt>;
  switches: SwitchPorts;
  /** Connects at the first call. @throws UserError `unavailable` */
  temporal(): Promise<TemporalAccess>;
}
