/** What the client library stands on: the same code serves over HTTP and inside an installation. */
import type { SwitchFilter } from '../contracts/api';
import type { AuditFilter, AuditHead } from '../contracts/audit';
import type { AuditPage, AuditReport, Erasure } from '../contracts/audit-views';
import type { ContentStore, Sha256 } from '../contracts/content';
import type { DecisionReceipt, WorkflowStatus } from '../contracts/messages';
import type { RunReader } from '../contracts/reader';
import type { RebuildReport } from '../contracts/rebuild';
import type { RunInput } from '../contracts/run';
import type {
  HoldInput,
  ResumeReceipt,
  SwitchOffInput,
  SwitchOnInput,
  SwitchReceipt,
  SwitchView,
} from '../contracts/switch-views';
import type { SwitchMode } from '../contracts/switches';
import type { Team } from '../contracts/team/schema';
import type { InstalledTools } from '../contracts/tools';
import type { RunView } from '../contracts/views';
import type { StartSettings } from './check-start';
import type { DecideRequest, ForkRequest, RunHandle } from './types';

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

/** A start that has been checked; its documents are stored. */
export interface PreparedStart {
  key: string;
  /** As its author wrote it. */
  definition: unknown;
  /** The same with every default filled in. */
  team: Team;
  input: RunInput;
  documentsSha256: Sha256 | undefined;
  settings: StartSettings;
}

export type StartedRun = Omit<RunHandle, 'outputs'>;

/** Methods throw UserError for what cannot be done. */
export interface ClientPorts {
  content: ContentStore;
  reader: RunReader;
  teams: TeamSource;
  start(start: PreparedStart): Promise<StartedRun>;
  fork(parent: RunView, request: ForkRequest): Promise<StartedRun>;
  rebuild(id: string): Promise<RebuildReport>;
  decide(view: RunView, request: DecideRequest): Promise<DecisionReceipt>;
  switches: SwitchPorts;
  /** Where an installation keeps it. */
  audit: AuditAccess;
  /** How a run's workflow stands in Temporal, also before the ledger has heard of the run. */
  workflowStatus(id: string): Promise<WorkflowStatus>;
  temporalAnswers(): Promise<boolean>;
}
