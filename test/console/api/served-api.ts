/** The API on a free port over a real ledger and a real Temporal; no worker takes the runs. */
import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { Pool } from 'pg';
import { createRebuildRun } from '../../../activities/projection/rebuild-run';
import { benchAudit } from '../../../bench/support/bench-secret';
import { accessTo } from '../../../client/temporal-connection';
import { createTuesday, type LocalOptions } from '../../../client/tuesday';
import type { Tuesday } from '../../../client/types';
import { createOwnerOf } from '../../../client/workflow-of-run';
import {
  type AccessOptions,
  type ApiDeps,
  createAccess,
  createApi,
  type ServedApi,
  serveApi,
} from '../../../console/api';
import { createDecisionSigner } from '../../../contracts/decision-proof';
import { createMachineKey, type MachineKey } from '../../../contracts/machine-key';
import { installedTools } from '../../../contracts/tools';
import { type OpenLedger, openLedger } from '../../../ledger';
import { READY_TEAMS } from '../../../teams';
import { connectTemporal } from '../../../worker/temporal/connect';
import { createHistories } from '../../../worker/temporal/histories';
import {
  freshDatabase,
  freshNamespace,
  freshTaskQueue,
  temporalConfig,
} from '../../support/servers';

export interface TestInstallation {
  api: ServedApi;
  /** Over HTTP, as services use it. */
  remote: Tuesday;
  /** Inside the process. */
  local: Tuesday;
  temporal: Client;
  ledger: OpenLedger;
  /** Asks the database itself. */
  rows<T extends object>(text: string): Promise<T[]>;
  namespace: string;
  /** Signs in as whoever owns the installation. */
  machine: MachineKey;
  /** What went to the log as unexpected. */
  logged: unknown[];
  close(): Promise<void>;
}

export async function serveTestInstallation(
  change: (deps: ApiDeps) => ApiDeps = (deps) => deps,
  { mode = 'local', ...who }: Partial<AccessOptions> = {},
): Promise<TestInstallation> {
  const database = await freshDatabase();
  const ledger = await openLedger(database.url, undefined, benchAudit());
  const pool = new Pool({ connectionString: database.url, max: 1 });
  const namespace = await freshNamespace();
  const connected = await connectTemporal(temporalConfig(namespace));
  const temporal = new Client({ connection: connected.connection, namespace });
  const { reader } = ledger;
  const { content } = ledger.ledger;
  const taskQueue = freshTaskQueue();
  const within: LocalOptions = {
    temporal,
    content,
    reader,
    switches: ledger.switches,
    taskQueue,
    audit: ledger.audit,
    signer: createDecisionSigner(randomBytes(32)),
    installedTools: installedTools(),
    rebuild: createRebuildRun({
      ledger: ledger.ledger,
      reader,
      histories: createHistories(temporal),
      namespace,
      provider: 'nobody',
    }),
    teams: READY_TEAMS,
  };
  const local = createTuesday(within);
  const machine = createMachineKey(randomBytes(32));
  const logged: unknown[] = [];
  const app = createApi(
    change({
      reader,
      content,
      tuesday: local,
      tuesdayOf: (person) => createTuesday({ ...within, person }),
      access: createAccess({
        mode,
        ...who,
        tokens: ledger.tokens,
        machine,
        sessionKey: randomBytes(32),
        isHttps: false,
        ownerOf: createOwnerOf(reader, accessTo(temporal, taskQueue)),
      }),
      tokens: ledger.tokens,
      audit: ledger.audit,
      installation: {
        version: '1.2.3',
        provider: 'nobody',
        temporal: { address: temporalConfig().address, namespace },
        taskQueue,
      },
      teams: READY_TEAMS,
      installedTools: installedTools(),
      log: { error: (fields) => logged.push(fields) },
    }),
  );
  const api = await serveApi(app, { host: '127.0.0.1', port: 0, mode });
  const remote = createTuesday({ apiUrl: api.url });
  return {
    api,
    remote,
    local,
    temporal,
    ledger,
    rows: async (text) => (await pool.query(text)).rows,
    namespace,
    machine,
    logged,
    async close() {
      await remote.close();
      await api.close();
      await pool.end();
      await ledger.close();
      await connected.close();
      await database.drop();
    },
  };
}
