-- Recoveries that were taken inside activities, and a view of all of them: those of rounds and runs
-- are events of the workflow.
CREATE TABLE step_recoveries (
  id bigserial PRIMARY KEY,
  run_key text NOT NULL,
  phase text NOT NULL,
  round integer NOT NULL,
  step_key text,
  failure text NOT NULL,
  action text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
CREATE INDEX step_recoveries_by_run ON step_recoveries (run_key, phase);
--> statement-breakpoint
CREATE INDEX step_recoveries_by_failure ON step_recoveries (failure, at DESC);
--> statement-breakpoint
-- As before, and says whether it takes over from an attempt that was lost.
CREATE OR REPLACE FUNCTION begin_attempt(
  p_run_key text, p_temporal_run_id text, p_round_key text, p_phase text, p_item text,
  p_round integer, p_entry integer, p_attempt integer, p_worker text
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_generation integer;
  v_round rounds;
  v_crashes integer;
  v_takes_over boolean;
BEGIN
  IF run_is_closed(p_run_key) THEN RETURN jsonb_build_object('outcome', 'closed'); END IF;
  v_generation := generation_of(p_run_key, p_temporal_run_id);
  INSERT INTO rounds (round_key, run_key, phase, item, round)
  VALUES (p_round_key, p_run_key, p_phase, p_item, p_round)
  ON CONFLICT (round_key) DO NOTHING;
  SELECT * INTO v_round FROM rounds WHERE round_key = p_round_key FOR UPDATE;
  IF (v_round.fence_generation, v_round.fence_entry, v_round.fence_attempt)
     > (v_generation, p_entry, p_attempt) THEN
    RETURN jsonb_build_object('outcome', 'fenced');
  END IF;
  -- An attempt that neither returned nor threw was lost with its worker.
  v_takes_over := v_round.attempt_open
    AND (v_round.fence_generation, v_round.fence_entry, v_round.fence_attempt)
        < (v_generation, p_entry, p_attempt);
  v_crashes := v_round.crashes + v_takes_over::integer;
  UPDATE rounds SET fence_generation = v_generation, fence_entry = p_entry,
    fence_attempt = p_attempt, attempt_open = true, crashes = v_crashes, worker = p_worker
  WHERE round_key = p_round_key;
  RETURN jsonb_build_object(
    'outcome', 'begun', 'generation', v_generation, 'crashes', v_crashes,
    'takesOver', v_takes_over,
    'promptSha256', v_round.prompt_sha256,
    'recorded', coalesce((
      SELECT jsonb_object_agg(step_key,
        jsonb_build_object('requestDigest', request_digest, 'outcomeSha256', outcome_sha256))
      FROM steps WHERE round_key = p_round_key AND outcome_sha256 IS NOT NULL), '{}'::jsonb));
END $$;
