-- Claiming, taking and recording steps, each in one round trip and one transaction.
-- The row of the round is the mutex: every function locks it first, so no two can deadlock.
-- Invariants L1 to L5 are stated in contracts/ledger.ts.

CREATE FUNCTION store_artifacts(p_sha256 text[], p_media_type text[], p_bytes bytea[])
RETURNS void LANGUAGE sql AS $$
  -- Sorted, so that two transactions that store the same artifacts wait in the same order.
  INSERT INTO artifacts (sha256, media_type, size, bytes)
  SELECT a.sha256, a.media_type, length(a.bytes), a.bytes
  FROM unnest(p_sha256, p_media_type, p_bytes) AS a (sha256, media_type, bytes)
  ORDER BY a.sha256
  ON CONFLICT (sha256) DO NOTHING
$$;
--> statement-breakpoint
-- A generation for each Temporal run id, counted in the order of their first activity.
CREATE FUNCTION generation_of(p_run_key text, p_temporal_run_id text)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_generation integer;
BEGIN
  SELECT generation INTO v_generation FROM generations
  WHERE run_key = p_run_key AND temporal_run_id = p_temporal_run_id;
  IF FOUND THEN RETURN v_generation; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(p_run_key, 0));
  INSERT INTO generations (run_key, temporal_run_id, generation)
  SELECT p_run_key, p_temporal_run_id, coalesce(max(generation), 0) + 1
  FROM generations WHERE run_key = p_run_key
  ON CONFLICT (run_key, temporal_run_id) DO NOTHING;
  SELECT generation INTO v_generation FROM generations
  WHERE run_key = p_run_key AND temporal_run_id = p_temporal_run_id;
  RETURN v_generation;
END $$;
--> statement-breakpoint
CREATE FUNCTION run_is_closed(p_run_key text)
RETURNS boolean LANGUAGE sql AS $$
  -- The share lock lets closing wait for claims that are under way, and only closing.
  SELECT coalesce((SELECT closed_at IS NOT NULL FROM runs WHERE run_key = p_run_key FOR KEY SHARE), true)
$$;
--> statement-breakpoint
CREATE FUNCTION begin_attempt(
  p_run_key text, p_temporal_run_id text, p_round_key text, p_phase text, p_item text,
  p_round integer, p_entry integer, p_attempt integer, p_worker text
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_generation integer;
  v_round rounds;
  v_crashes integer;
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
  v_crashes := v_round.crashes;
  IF v_round.attempt_open
     AND (v_round.fence_generation, v_round.fence_entry, v_round.fence_attempt)
         < (v_generation, p_entry, p_attempt) THEN
    v_crashes := v_crashes + 1;
  END IF;
  UPDATE rounds SET fence_generation = v_generation, fence_entry = p_entry,
    fence_attempt = p_attempt, attempt_open = true, crashes = v_crashes, worker = p_worker
  WHERE round_key = p_round_key;
  RETURN jsonb_build_object(
    'outcome', 'begun', 'generation', v_generation, 'crashes', v_crashes,
    'promptSha256', v_round.prompt_sha256,
    'recorded', coalesce((
      SELECT jsonb_object_agg(step_key,
        jsonb_build_object('requestDigest', request_digest, 'outcomeSha256', outcome_sha256))
      FROM steps WHERE round_key = p_round_key AND outcome_sha256 IS NOT NULL), '{}'::jsonb));
END $$;
--> statement-breakpoint
CREATE FUNCTION claim_step(
  p_step_key text, p_round_key text, p_run_key text, p_phase text, p_round integer, p_turn integer,
  p_kind text, p_name text, p_request_digest text,
  p_generation integer, p_entry integer, p_attempt integer,
  p_call_id text, p_reserve bigint, p_allowance bigint,
  p_sha256 text[], p_media_type text[], p_bytes bytea[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_round rounds;
  v_step steps;
  v_lost bigint;
  v_booked bigint;
  v_tries integer;
BEGIN
  IF run_is_closed(p_run_key) THEN RETURN jsonb_build_object('outcome', 'closed'); END IF;
  SELECT * INTO v_round FROM rounds WHERE round_key = p_round_key FOR UPDATE;
  IF (v_round.fence_generation, v_round.fence_entry, v_round.fence_attempt)
     IS DISTINCT FROM (p_generation, p_entry, p_attempt) THEN
    RETURN jsonb_build_object('outcome', 'fenced');
  END IF;

  SELECT * INTO v_step FROM steps WHERE step_key = p_step_key;
  IF v_step.outcome_sha256 IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'recorded', 'step', jsonb_build_object(
      'requestDigest', v_step.request_digest, 'outcomeSha256', v_step.outcome_sha256));
  END IF;

  -- The claim of this very call again: its answer was lost on the way, not its effect.
  IF EXISTS (SELECT 1 FROM calls WHERE call_id = p_call_id) THEN
    RETURN jsonb_build_object('outcome', 'claimed', 'tries', v_step.tries);
  END IF;
  -- One attempt takes a step once at a time: whoever comes second with its fence is a twin.
  IF EXISTS (SELECT 1 FROM calls WHERE step_key = p_step_key AND status = 'open'
      AND (fence_generation, fence_entry, fence_attempt) = (p_generation, p_entry, p_attempt)) THEN
    RETURN jsonb_build_object('outcome', 'fenced');
  END IF;

  -- Calls that lost their attempt: they may have been billed, so they stay booked.
  INSERT INTO phase_accounts (run_key, phase) VALUES (p_run_key, p_phase) ON CONFLICT DO NOTHING;
  WITH lost AS (
    UPDATE calls SET status = 'unsettled', failure = 'attempt_lost', ended_at = now()
    WHERE step_key = p_step_key AND status = 'open'
      AND (fence_generation, fence_entry, fence_attempt) < (p_generation, p_entry, p_attempt)
    RETURNING reserved_micro_usd)
  SELECT coalesce(sum(reserved_micro_usd), 0) INTO v_lost FROM lost;
  IF v_lost > 0 THEN
    UPDATE phase_accounts SET open_micro_usd = open_micro_usd - v_lost,
      unsettled_micro_usd = unsettled_micro_usd + v_lost
    WHERE run_key = p_run_key AND phase = p_phase;
  END IF;

  UPDATE phase_accounts SET open_micro_usd = open_micro_usd + p_reserve
  WHERE run_key = p_run_key AND phase = p_phase
    AND open_micro_usd + settled_micro_usd + unsettled_micro_usd + p_reserve <= p_allowance;
  IF NOT FOUND AND p_reserve > 0 THEN
    SELECT open_micro_usd + settled_micro_usd + unsettled_micro_usd INTO v_booked
    FROM phase_accounts WHERE run_key = p_run_key AND phase = p_phase;
    RETURN jsonb_build_object('outcome', 'no_room', 'bookedMicroUsd', v_booked);
  END IF;

  -- A new entry follows a person's or an operator's doing: its tries are counted afresh.
  v_tries := CASE WHEN v_step.fence_entry = p_entry THEN v_step.tries ELSE 0 END;
  PERFORM store_artifacts(p_sha256, p_media_type, p_bytes);
  INSERT INTO steps (step_key, round_key, run_key, phase, round, turn, kind, name, request_digest,
    fence_generation, fence_entry, fence_attempt)
  VALUES (p_step_key, p_round_key, p_run_key, p_phase, p_round, p_turn, p_kind, p_name,
    p_request_digest, p_generation, p_entry, p_attempt)
  ON CONFLICT (step_key) DO UPDATE SET name = excluded.name,
    request_digest = excluded.request_digest, fence_generation = excluded.fence_generation,
    fence_entry = excluded.fence_entry, fence_attempt = excluded.fence_attempt, tries = v_tries;
  INSERT INTO calls (call_id, step_key, run_key, phase, fence_generation, fence_entry,
    fence_attempt, status, reserved_micro_usd)
  VALUES (p_call_id, p_step_key, p_run_key, p_phase, p_generation, p_entry, p_attempt, 'open', p_reserve);
  RETURN jsonb_build_object('outcome', 'claimed', 'tries', v_tries);
END $$;
--> statement-breakpoint
-- Moves a call's money out of where it is booked; returns whether the call was not final yet.
CREATE FUNCTION unbook_call(p_call calls) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE phase_accounts SET
    open_micro_usd = open_micro_usd
      - CASE WHEN p_call.status = 'open' THEN p_call.reserved_micro_usd ELSE 0 END,
    unsettled_micro_usd = unsettled_micro_usd
      - CASE WHEN p_call.status = 'unsettled' THEN p_call.reserved_micro_usd ELSE 0 END
  WHERE run_key = p_call.run_key AND phase = p_call.phase
    AND p_call.status IN ('open', 'unsettled');
  RETURN FOUND;
END $$;
--> statement-breakpoint
CREATE FUNCTION record_outcome(
  p_step_key text, p_call_id text, p_outcome_sha256 text, p_ending text, p_cost bigint,
  p_input integer, p_output integer, p_cache_write integer, p_cache_read integer,
  p_request_id text, p_served_by text, p_latency_ms integer,
  p_sha256 text[], p_media_type text[], p_bytes bytea[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_round_key text;
  v_call calls;
  v_outcome text;
BEGIN
  SELECT round_key INTO v_round_key FROM steps WHERE step_key = p_step_key;
  PERFORM 1 FROM rounds WHERE round_key = v_round_key FOR UPDATE;
  PERFORM store_artifacts(p_sha256, p_media_type, p_bytes);

  SELECT * INTO v_call FROM calls WHERE call_id = p_call_id FOR UPDATE;
  IF unbook_call(v_call) THEN
    UPDATE phase_accounts SET settled_micro_usd = settled_micro_usd + p_cost
    WHERE run_key = v_call.run_key AND phase = v_call.phase;
    UPDATE calls SET status = 'settled', cost_micro_usd = p_cost, request_id = p_request_id,
      latency_ms = p_latency_ms, failure = NULL, ended_at = now()
    WHERE call_id = p_call_id;
  END IF;

  -- The first outcome wins (L3); a later one has only settled its own call.
  UPDATE steps SET outcome_sha256 = p_outcome_sha256, ending = p_ending, served_by = p_served_by,
    input_tokens = p_input, output_tokens = p_output, cache_write_tokens = p_cache_write,
    cache_read_tokens = p_cache_read, ended_at = now()
  WHERE step_key = p_step_key AND outcome_sha256 IS NULL;
  UPDATE rounds SET crashes = 0 WHERE round_key = v_round_key;
  SELECT outcome_sha256 INTO v_outcome FROM steps WHERE step_key = p_step_key;
  RETURN jsonb_build_object('outcomeSha256', v_outcome, 'won', v_outcome = p_outcome_sha256);
END $$;
--> statement-breakpoint
CREATE FUNCTION fail_call(
  p_step_key text, p_call_id text, p_disposition text, p_failure text, p_request_id text,
  p_latency_ms integer, p_error_sha256 text,
  p_sha256 text[], p_media_type text[], p_bytes bytea[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_call calls;
  v_tries integer;
BEGIN
  PERFORM 1 FROM rounds r JOIN steps s USING (round_key) WHERE s.step_key = p_step_key FOR UPDATE OF r;
  PERFORM store_artifacts(p_sha256, p_media_type, p_bytes);
  SELECT * INTO v_call FROM calls WHERE call_id = p_call_id FOR UPDATE;
  IF v_call.status = 'open' THEN
    PERFORM unbook_call(v_call);
    IF p_disposition = 'unsettled' THEN
      UPDATE phase_accounts SET unsettled_micro_usd = unsettled_micro_usd + v_call.reserved_micro_usd
      WHERE run_key = v_call.run_key AND phase = v_call.phase;
    END IF;
    UPDATE calls SET status = p_disposition, failure = p_failure, request_id = p_request_id,
      latency_ms = p_latency_ms, error_sha256 = p_error_sha256, ended_at = now()
    WHERE call_id = p_call_id;
    UPDATE steps SET tries = tries + 1 WHERE step_key = p_step_key;
  END IF;
  SELECT tries INTO v_tries FROM steps WHERE step_key = p_step_key;
  RETURN jsonb_build_object('tries', v_tries);
END $$;
