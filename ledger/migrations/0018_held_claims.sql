-- What a switch holds up begins nothing: claims ask for it in the same round trip.

ALTER TABLE switches DROP COLUMN reason_sha256;
--> statement-breakpoint
ALTER TABLE switches
  ADD COLUMN reason text,
  ADD COLUMN off_reason text;
--> statement-breakpoint
CREATE INDEX switches_by_age ON switches (set_at DESC, switch_id);
--> statement-breakpoint
-- The switch that holds the run up, by its newest state.
ALTER TABLE runs ADD COLUMN held_by text;
--> statement-breakpoint
UPDATE runs SET held_by = state -> 'heldBy' ->> 'switchId';
--> statement-breakpoint
-- As before, and whatever holds the run up by its own state: a model that one phase asked for holds up
-- all of them.
CREATE OR REPLACE FUNCTION hold_on(p_run_key text, p_kind text, p_name text)
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('switchId', s.switch_id, 'scope', s.scope, 'mode', s.mode, 'by', s.set_by)
  FROM switches s, runs r
  WHERE s.off_at IS NULL AND r.run_key = p_run_key AND (
    s.scope = 'installation'
    OR (s.scope = 'user' AND s.name = r.user_id)
    OR (s.scope = 'team' AND s.name = r.team)
    OR (s.scope = 'run' AND s.name = r.run_key)
    OR (s.scope = p_kind AND s.name = p_name)
    OR s.switch_id = r.held_by)
  ORDER BY s.mode DESC, s.set_at
  LIMIT 1
$$;
--> statement-breakpoint
DROP FUNCTION claim_step(text, text, text, text, integer, integer, text, text, text, integer, integer,
  integer, text, bigint, bigint, text, integer, text[], text[], bytea[]);
--> statement-breakpoint
-- As before, and lets nothing begin that a switch holds up. `p_goes_on`: the step has begun before.
CREATE FUNCTION claim_step(
  p_step_key text, p_round_key text, p_run_key text, p_phase text, p_round integer, p_turn integer,
  p_kind text, p_name text, p_request_digest text,
  p_generation integer, p_entry integer, p_attempt integer,
  p_call_id text, p_reserve bigint, p_allowance bigint, p_breaker text, p_lease_ms integer,
  p_goes_on boolean,
  p_sha256 text[], p_media_type text[], p_bytes bytea[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_round rounds;
  v_step steps;
  v_lost bigint;
  v_booked bigint;
  v_tries integer;
  v_breaker_open jsonb;
  v_held jsonb;
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

  IF NOT p_goes_on THEN
    v_held := hold_on(p_run_key, p_kind, p_name);
    IF v_held IS NOT NULL THEN
      RETURN jsonb_build_object('outcome', 'held_up', 'heldBy', v_held);
    END IF;
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
