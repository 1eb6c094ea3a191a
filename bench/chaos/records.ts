/** What is on record after a campaign: the ledger's own tables, read by plain queries. */
import { Client } from 'pg';

/** Rows as PostgreSQL gives them; money as text becomes a number. */
export interface RunRow {
  runKey: string;
  key: string;
  firstRunId: string;
  status: string;
  explanation: string | null;
  closedAt: Date | null;
  stateVersion: number;
  startedAt: Date;
}

export interface CallRow {
  callId: string;
  runKey: string;
  stepKey: string;
  kind: 'model' | 'tool';
  model: string;
  status: 'open' | 'settled' | 'released' | 'unsettled';
  reservedMicroUsd: number;
  costMicroUsd: number;
  failure: string | null;
  requestId: string | null;
}

export interface AccountRow {
  runKey: string;
  phase: string;
  openMicroUsd: number;
  settledMicroUsd: number;
  unsettledMicroUsd: number;
}

export interface EffectRow {
  stepKey: string;
  runKey: string;
  tool: string;
  inputSha256: string;
  status: string;
  resultSha256: string | null;
}

export interface VersionRow {
  runKey: string;
  versions: number[];
}

export interface Records {
  runs: RunRow[];
  calls: CallRow[];
  accounts: AccountRow[];
  effects: EffectRow[];
  events: VersionRow[];
  states: VersionRow[];
  /** sha256 of every artifact that a run names directly, by run key. */
  named: Map<string, Set<string>>;
  /** Text of every artifact. */
  artifacts: Map<string, string>;
}

const VERSIONS = (table: string) =>
  `SELECT run_key AS "runKey", array_agg(version ORDER BY version) AS versions FROM ${table} GROUP BY run_key`;

const QUERIES = {
  runs: `SELECT run_key AS "runKey", workflow_id AS key, first_run_id AS "firstRunId", status,
    explanation, closed_at AS "closedAt", state_version AS "stateVersion", started_at AS "startedAt"
    FROM runs`,
  calls: `SELECT c.call_id AS "callId", c.run_key AS "runKey", c.step_key AS "stepKey", s.kind,
    s.name AS model, c.status, c.reserved_micro_usd::float8 AS "reservedMicroUsd",
    c.cost_micro_usd::float8 AS "costMicroUsd", c.failure, c.request_id AS "requestId"
    FROM calls c JOIN steps s USING (step_key)`,
  accounts: `SELECT run_key AS "runKey", phase, open_micro_usd::float8 AS "openMicroUsd",
    settled_micro_usd::float8 AS "settledMicroUsd",
    unsettled_micro_usd::float8 AS "unsettledMicroUsd" FROM phase_accounts`,
  effects: `SELECT step_key AS "stepKey", run_key AS "runKey", tool, status,
    input_sha256 AS "inputSha256", result_sha256 AS "resultSha256" FROM effects`,
  events: VERSIONS('run_events'),
  states: VERSIONS('run_states'),
  artifacts: 'SELECT sha256, bytes FROM artifacts',
  named: `
    SELECT run_key, to_jsonb(runs)::text AS text FROM runs
    UNION ALL SELECT run_key, to_jsonb(steps)::text FROM steps
    UNION ALL SELECT run_key, to_jsonb(rounds)::text FROM rounds
    UNION ALL SELECT run_key, to_jsonb(calls)::text FROM calls
    UNION ALL SELECT run_key, to_jsonb(effects)::text FROM effects
    UNION ALL SELECT run_key, to_jsonb(run_events)::text FROM run_events
    UNION ALL SELECT run_key, to_jsonb(run_states)::text FROM run_states`,
} as const;

export const SHA256S = /\b[0-9a-f]{64}\b/g;

export async function readRecords(databaseUrl: string): Promise<Records> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const rows = async <T>(query: string): Promise<T[]> => (await client.query(query)).rows as T[];
    const artifacts = await rows<{ sha256: string; bytes: Buffer }>(QUERIES.artifacts);
    const named = new Map<string, Set<string>>();
    for (const { run_key, text } of await rows<{ run_key: string; text: string }>(QUERIES.named)) {
      const known = named.get(run_key) ?? new Set();
      for (const [sha256] of text.matchAll(SHA256S)) known.add(sha256);
      named.set(run_key, known);
    }
    return {
      runs: await rows(QUERIES.runs),
      calls: await rows(QUERIES.calls),
      accounts: await rows(QUERIES.accounts),
      effects: await rows(QUERIES.effects),
      events: await rows(QUERIES.events),
      states: await rows(QUERIES.states),
      named,
      artifacts: new Map(artifacts.map(({ sha256, bytes }) => [sha256, bytes.toString('utf8')])),
    };
  } finally {
    await client.end();
  }
}
