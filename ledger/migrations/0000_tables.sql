-- The ledger's tables. The Drizzle view of them is ledger/schema.ts; a test holds the two together.

CREATE TABLE artifacts (
  sha256 text PRIMARY KEY,
  media_type text NOT NULL,
  size integer NOT NULL,
  bytes bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE runs (
  run_key text PRIMARY KEY,
  namespace text NOT NULL,
  workflow_id text NOT NULL,
  first_run_id text NOT NULL,
  team text NOT NULL,
  team_version text NOT NULL,
  user_id text NOT NULL,
  provider text NOT NULL,
  status text NOT NULL,
  plan jsonb NOT NULL,
  state jsonb NOT NULL,
  state_version integer NOT NULL DEFAULT 0,
  team_sha256 text NOT NULL,
  input_sha256 text NOT NULL,
  documents_sha256 text,
  budget_micro_usd bigint NOT NULL,
  explanation text,
  result_sha256 text,
  history_sha256 text,
  -- Milliseconds, as the cursors of pages carry them: with more, pages would skip runs.
  started_at timestamptz(3) NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  closed_at timestamptz
);
CREATE INDEX runs_by_workflow ON runs (workflow_id, started_at DESC);
CREATE INDEX runs_by_start ON runs (started_at DESC, run_key DESC);
CREATE INDEX runs_by_status ON runs (status, started_at DESC);
CREATE INDEX runs_by_team ON runs (team, started_at DESC);
CREATE INDEX runs_by_user ON runs (user_id, started_at DESC);

CREATE TABLE generations (
  run_key text NOT NULL,
  temporal_run_id text NOT NULL,
  generation integer NOT NULL,
  PRIMARY KEY (run_key, temporal_run_id),
  UNIQUE (run_key, generation)
);

CREATE TABLE run_events (
  run_key text NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL,
  type text NOT NULL,
  event jsonb NOT NULL,
  PRIMARY KEY (run_key, version)
);
CREATE INDEX run_events_by_type ON run_events (type, at DESC);

CREATE TABLE run_states (
  run_key text NOT NULL,
  version integer NOT NULL,
  state jsonb NOT NULL,
  PRIMARY KEY (run_key, version)
);

CREATE TABLE rounds (
  round_key text PRIMARY KEY,
  run_key text NOT NULL,
  phase text NOT NULL,
  item text NOT NULL,
  round integer NOT NULL,
  fence_generation integer NOT NULL DEFAULT 0,
  fence_entry integer NOT NULL DEFAULT 0,
  fence_attempt integer NOT NULL DEFAULT 0,
  attempt_open boolean NOT NULL DEFAULT false,
  crashes integer NOT NULL DEFAULT 0,
  prompt_sha256 text,
  worker text,
  started_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX rounds_by_run ON rounds (run_key, phase, round);

CREATE TABLE steps (
  step_key text PRIMARY KEY,
  round_key text NOT NULL,
  run_key text NOT NULL,
  phase text NOT NULL,
  round integer NOT NULL,
  turn integer NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  request_digest text NOT NULL,
  fence_generation integer NOT NULL,
  fence_entry integer NOT NULL,
  fence_attempt integer NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  outcome_sha256 text,
  ending text,
  served_by text,
  input_tokens integer,
  output_tokens integer,
  cache_write_tokens integer,
  cache_read_tokens integer,
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX steps_by_run ON steps (run_key, started_at);
CREATE INDEX steps_by_round ON steps (round_key);
-- Which invocations of tool X failed last week, and with what.
CREATE INDEX steps_by_name ON steps (kind, name, started_at DESC);
CREATE INDEX steps_by_start ON steps (started_at DESC);

CREATE TABLE calls (
  call_id text PRIMARY KEY,
  step_key text NOT NULL,
  run_key text NOT NULL,
  phase text NOT NULL,
  fence_generation integer NOT NULL,
  fence_entry integer NOT NULL,
  fence_attempt integer NOT NULL,
  status text NOT NULL,
  reserved_micro_usd bigint NOT NULL,
  cost_micro_usd bigint NOT NULL DEFAULT 0,
  failure text,
  request_id text,
  latency_ms integer,
  error_sha256 text,
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX calls_by_step ON calls (step_key, started_at);
CREATE INDEX calls_by_run ON calls (run_key);
CREATE INDEX calls_by_failure ON calls (failure, started_at DESC) WHERE failure IS NOT NULL;

CREATE TABLE phase_accounts (
  run_key text NOT NULL,
  phase text NOT NULL,
  open_micro_usd bigint NOT NULL DEFAULT 0,
  settled_micro_usd bigint NOT NULL DEFAULT 0,
  unsettled_micro_usd bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (run_key, phase)
);

CREATE TABLE effects (
  step_key text PRIMARY KEY,
  run_key text NOT NULL,
  phase text NOT NULL,
  tool text NOT NULL,
  input_sha256 text NOT NULL,
  status text NOT NULL,
  fence_generation integer NOT NULL,
  fence_entry integer NOT NULL,
  fence_attempt integer NOT NULL,
  result_sha256 text,
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX effects_by_run ON effects (run_key);

CREATE TABLE extractions (
  sha256 text NOT NULL,
  version text NOT NULL,
  text_sha256 text,
  characters integer,
  lines integer,
  problem text,
  PRIMARY KEY (sha256, version)
);
