/** The client's ports inside an installation's own process. */
import type { Client } from '@temporalio/client';
import { LOCAL_PERSON, type Person } from '../contracts/access';
import type { AuditKeeper } from '../contracts/audit';
import type { ContentStore } from '../contracts/content';
import type { DecisionSigner } from '../contracts/decision-proof';
import { UserError } from '../contracts/errors';
import type { RunReader } from '../contracts/reader';
import type { RebuildReport } from '../contracts/rebuild';
import type { SwitchLedger } from '../contracts/switch-ledger';
import type { DefinedTeam } from '../contracts/team/define';
import type { InstalledTools } from '../contracts/tools';
import { unknownTeam } from './choose-team';
import { createDecide } from './decide';
import { createFork } from './fork';
import { localAudit } from './local-audit';
import type { ClientPorts, TeamSource } from './ports';
import { createStart } from './start-workflow';
import { createSwitches } from './switches';
import { callTemporal } from './temporal-calls';
import { accessTo } from './temporal-connection';
import { workflowOfRun } from './workflow-of-run';

export interface LocalOptions {
  temporal: Client;
  content: ContentStore;
  reader: RunReader;
  taskQueue: string;
  installedTools: InstalledTools;
  switches: SwitchLedger;
  /** Without it, the audit log is out of reach. */
  audit?: AuditKeeper;
  /** Proves decisions of people who are signed in. */
  signer: DecisionSigner;
  /** Needs more than a client has; without it, rebuilding is refused. */
  rebuild?: (id: string) => Promise<RebuildReport>;
  /** Whose starts and decisions these are. Default: everybody on this machine. */
  person?: Person;
  /** Teams that may be started by name. Default none. */
  teams?: Readonly<Record<string, DefinedTeam<unknown>>>;
}

export function localPorts(options: LocalOptions): ClientPorts {
  const { content, reader, signer, person = LOCAL_PERSON } = options;
  const temporal = accessTo(options.temporal, options.taskQueue);
  const teams = teamsOf(options);
  const within = { content, temporal, person };
  return {
    content,
    reader,
    teams,
    start: createStart(within),
    fork: createFork({ ...within, teams }),
    rebuild: options.rebuild ?? cannotRebuild,
    decide: createDecide({ ...within, reader, signer }),
    switches: createSwitches({ ...within, switches: options.switches }),
    audit: localAudit(options.audit, person),
    workflowStatus: async (id) => (await workflowOfRun(temporal, id))?.status ?? 'NOT_FOUND',
    async temporalAnswers() {
      try {
        await callTemporal(temporal, () => temporal.client.workflowService.getSystemInfo({}));
        return true;
      } catch (error) {
        if (error instanceof UserError) return false;
        throw error;
      }
    },
  };
}

const teamsOf = ({ installedTools, teams = {} }: LocalOptions): TeamSource => ({
  installedTools: async () => installedTools,
  readyTeam: async (name) => {
    const team = Object.hasOwn(teams, name) ? teams[name] : undefined;
    if (team === undefined) throw unknownTeam(name, Object.keys(teams));
    return team.definition;
  },
});

async function cannotRebuild(): Promise<never> {
  throw new UserError(
    'forbidden',
    'This client cannot rebuild runs: ask the API of an installation (`tuesday rebuild`).',
  );
}
