-- Requests that a tool pays for: each is a call of its own, and one that was paid for may have failed.

-- Settles a call before its step has an outcome: more follows, or nothing that can be used has come.
CREATE FUNCTION settle_call(p_call_id text, p_cost bigint, p_request_id text, p_latency_ms integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_call calls;
BEGIN
  -- In the order of all others: round, then call.
  PERFORM 1 FROM calls c JOIN steps s USING (step_key) JOIN rounds r USING (round_key)
  WHERE c.call_id = p_call_id FOR UPDATE OF r;
  SELECT * INTO v_call FROM calls WHERE call_id = p_call_id FOR UPDATE;
  IF unbook_call(v_call) THEN
    UPDATE phase_accounts SET settled_micro_usd = settled_micro_usd + p_cost
    WHERE run_key = v_call.run_key AND phase = v_call.phase;
    UPDATE calls SET status = 'settled', cost_micro_usd = p_cost, request_id = p_request_id,
      latency_ms = p_latency_ms, failure = NULL, ended_at = now()
    WHERE call_id = p_call_id;
  END IF;
END $$;
--> statement-breakpoint
-- As before, and also of a call that is settled: what it cost is known, and it counts as a failed try.
CREATE OR REPLACE FUNCTION fail_call(
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
  -- Of a call that was lost with its attempt nobody knows whose fault it was.
  IF p_breaker IS NOT NULL AND EXISTS (SELECT 1 FROM calls WHERE call_id = p_call_id
      AND (status = 'open' OR (p_disposition = 'settled' AND status = 'settled' AND failure IS NULL))) THEN
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
  ELSIF p_disposition = 'settled' AND v_call.status = 'settled' AND v_call.failure IS NULL THEN
    UPDATE calls SET failure = p_failure, error_sha256 = p_error_sha256 WHERE call_id = p_call_id;
    UPDATE steps SET tries = tries + CASE WHEN v_probed THEN 0 ELSE 1 END WHERE step_key = p_step_key;
  END IF;
  SELECT tries INTO v_tries FROM steps WHERE step_key = p_step_key;
  RETURN jsonb_build_object('tries', v_tries);
END $$;
