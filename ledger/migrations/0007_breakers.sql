-- Breakers: one per model and per tool, shared by all workers. Asked within a claim, told within an
-- outcome or a failure. Invariants L11 and L12 are stated in contracts/ledger.ts.
-- A breaker that nothing has failed behind has no row. Locks are taken in the order round, breaker,
-- everything else; whoever holds anything else never waits for a breaker, so no two can deadlock.

CREATE TABLE breakers (
  -- `model:<name>` or `tool:<name>`.
  scope text PRIMARY KEY,
  -- In a row.
  failures integer NOT NULL,
  last_failure text NOT NULL,
  failing_since timestamptz NOT NULL,
  -- Null: closed.
  opened_at timestamptz,
  -- Times in a row that it was opened: by failures, then by each probe that failed.
  openings integer NOT NULL DEFAULT 0,
  -- When the next call may be made, which is the probe.
  probe_at timestamptz,
  probe_call_id text,
  probe_until timestamptz
);
--> statement-breakpoint
-- Null: go on. Where it is time for a probe, the call becomes it; one probe at a time, whose lease
-- ends with its call, its attempt, its run or its time. The row alone is read while it is closed.
CREATE FUNCTION ask_breaker(p_scope text, p_call_id text, p_step_key text, p_lease_ms integer)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v breakers;
BEGIN
  IF p_scope IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO v FROM breakers WHERE scope = p_scope AND opened_at IS NOT NULL;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF v.probe_at <= clock_timestamp() THEN
    SELECT * INTO v FROM breakers WHERE scope = p_scope AND opened_at IS NOT NULL FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    -- A statement of its own after the lock, so that it sees the call of whoever held it.
    IF v.probe_at <= clock_timestamp() AND NOT (
      coalesce(v.probe_until > clock_timestamp(), false) AND EXISTS (
        SELECT 1 FROM calls c JOIN runs r USING (run_key)
        WHERE c.call_id = v.probe_call_id AND c.status = 'open' AND r.closed_at IS NULL
          -- An open call of the same step belongs to an attempt that was lost.
          AND c.step_key <> p_step_key))
    THEN
      UPDATE breakers SET probe_call_id = p_call_id,
        probe_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
      WHERE scope = p_scope;
      RETURN NULL;
    END IF;
  END IF;
  RETURN jsonb_build_object('outcome', 'breaker_open', 'failure', v.last_failure,
    'waitMs', milliseconds_between(clock_timestamp(), v.probe_at),
    'failingForMs', milliseconds_between(v.failing_since, clock_timestamp()));
END $$;
--> statement-breakpoint
-- A failure that speaks against the model or tool. Returns whether the call was the probe. Failures
-- of calls that were begun before it opened change nothing any more.
CREATE FUNCTION count_failure(p_scope text, p_call_id text, p_failure text,
  p_failures_in_a_row integer, p_open_ms integer, p_open_ms_max integer, p_wait_ms integer)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v breakers;
  v_probed boolean;
BEGIN
  INSERT INTO breakers AS b (scope, failures, last_failure, failing_since)
  VALUES (p_scope, 1, p_failure, clock_timestamp())
  ON CONFLICT (scope) DO UPDATE SET failures = b.failures + 1, last_failure = p_failure
  RETURNING * INTO v;
  v_probed := v.opened_at IS NOT NULL AND v.probe_call_id IS NOT DISTINCT FROM p_call_id;
  IF v_probed OR (v.opened_at IS NULL AND v.failures >= p_failures_in_a_row) THEN
    UPDATE breakers SET opened_at = coalesce(opened_at, clock_timestamp()),
      openings = openings + 1, probe_call_id = NULL, probe_until = NULL,
      probe_at = clock_timestamp() + interval '1 millisecond'
        * greatest(p_wait_ms, least(p_open_ms_max, p_open_ms * 2.0 ^ least(openings, 30)))
    WHERE scope = p_scope;
  END IF;
  RETURN v_probed;
END $$;
--> statement-breakpoint
CREATE FUNCTION milliseconds_between(p_from timestamptz, p_to timestamptz)
RETURNS bigint LANGUAGE sql AS $$
  SELECT greatest(0, ceil(extract(epoch FROM p_to - p_from) * 1000))::bigint
$$;
--> statement-breakpoint
DROP FUNCTION claim_step(text, text, text, text, integer, integer, text, text, text, integer, integer,
  integer, text, bigint, bigint, text[], text[], bytea[]);
--> statement-breakpoint
DROP FUNCTION record_outcome(text, text, text, text, bigint, integer, integer, integer, integer, text,
  text, integer, text[], text[], bytea[]);
--> statement-breakpoint
DROP FUNCTION fail_call(text, text, text, text, text, integer, text, text[], text[], bytea[]);
--> statement-breakpoint
-- As before, and asks the breaker before anything is booked.
CREATE FUNCTION claim_step(
  p_step_key text, p_round_key text, p_run_key text, p_phase text, p_round integer, p_turn integer,
  p_kind text, p_name text, p_request_digest text,
  p_generation integer, p_entry integer, p_attempt integer,
  p_call_id text, p_reserve bigint, p_allowance bigint, p_breaker text, p_lease_ms integer,
  p_sha256 text[], p_media_type text[], p_bytes bytea[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_round rounds;
  v_step steps;
  v_lost bigint;
  v_booked bigint;
  v_tries integer;
  v_breaker_open jsonb;
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

  v_breaker_open := ask_breaker(p_breaker, p_call_id, p_step_key, p_lease_ms);
  IF v_breaker_open IS NOT NULL THEN RETURN v_breaker_open; END IF;

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
-- As before, and closes the breaker.
CREATE FUNCTION record_outcome(
  p_step_key text, p_call_id text, p_outcome_sha256 text, p_ending text, p_cost bigint,
  p_input integer, p_output integer, p_cache_write integer, p_cache_read integer,
  p_request_id text, p_served_by text, p_latency_ms integer, p_breaker text,
  p_sha256 text[], p_media_type text[], p_bytes bytea[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_round_key text;
  v_call calls;
  v_outcome text;
BEGIN
  SELECT round_key INTO v_round_key FROM steps WHERE step_key = p_step_key;
  PERFORM 1 FROM rounds WHERE round_key = v_round_key FOR UPDATE;
  -- Closed by its probe, or by any call that was begun after it opened: one begun before says
  -- nothing about now. A breaker without failures has no row, so this locks nothing then.
  DELETE FROM breakers WHERE scope = p_breaker
    AND (opened_at IS NULL OR probe_call_id = p_call_id
      OR opened_at <= (SELECT started_at FROM calls WHERE call_id = p_call_id));
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
-- As before, and tells the breaker.
CREATE FUNCTION fail_call(
  p_step_key text, p_call_id text, p_disposition text, p_failure text, p_request_id text,
  p_latency_ms integer, p_error_sha256 text,
  p_breaker text, p_failures_in_a_row integer, p_open_ms integer, p_open_ms_max integer, p_wait_ms integer,
  p_sha256 text[], p_media_type text[], p_bytes bytea[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_call calls;
  v_tries integer;
  v_probed boolean := false;
BEGIN
  PERFORM 1 FROM rounds r JOIN steps s USING (round_key) WHERE s.step_key = p_step_key FOR UPDATE OF r;
  -- Only while it is open: of a call that was lost with its attempt nobody knows whose fault it was.
  IF p_breaker IS NOT NULL AND EXISTS (SELECT 1 FROM calls WHERE call_id = p_call_id AND status = 'open') THEN
    v_probed := count_failure(p_breaker, p_call_id, p_failure, p_failures_in_a_row, p_open_ms, p_open_ms_max, p_wait_ms);
  END IF;
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
    -- A probe is made for all who wait: the step that made it does not use up its tries.
    UPDATE steps SET tries = tries + CASE WHEN v_probed THEN 0 ELSE 1 END WHERE step_key = p_step_key;
  END IF;
  SELECT tries INTO v_tries FROM steps WHERE step_key = p_step_key;
  RETURN jsonb_build_object('tries', v_tries);
END $$;
