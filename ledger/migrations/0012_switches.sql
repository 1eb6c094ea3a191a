-- Switches that hold runs up: of the installation, a user, a team, a model, a tool or one run. Kept when
-- they are off: who held up what, and until when.

CREATE TABLE switches (
  switch_id text PRIMARY KEY,
  scope text NOT NULL,
  -- Of what; empty for the installation, the run's key for one run.
  name text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('pause', 'stop')),
  set_by text NOT NULL,
  reason_sha256 text,
  set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  off_by text,
  off_at timestamptz
);
--> statement-breakpoint
CREATE UNIQUE INDEX switches_on ON switches (scope, name) WHERE off_at IS NULL;
--> statement-breakpoint
-- The switch that holds a run up, or null; a stop stands above a pause. With a kind and a name, that
-- model or tool too.
CREATE FUNCTION hold_on(p_run_key text, p_kind text, p_name text)
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('switchId', s.switch_id, 'scope', s.scope, 'mode', s.mode, 'by', s.set_by)
  FROM switches s, runs r
  WHERE s.off_at IS NULL AND r.run_key = p_run_key AND (
    s.scope = 'installation'
    OR (s.scope = 'user' AND s.name = r.user_id)
    OR (s.scope = 'team' AND s.name = r.team)
    OR (s.scope = 'run' AND s.name = r.run_key)
    OR (s.scope = p_kind AND s.name = p_name))
  ORDER BY s.mode DESC, s.set_at
  LIMIT 1
$$;
