-- Phases at work at once: a round takes a place with its attempt and gives it back with it. What has
-- to wait asks again after a while, so a round that asks no more holds up nobody.

ALTER TABLE rounds
  ADD COLUMN user_id text,
  -- When it last asked for a place in vain; NULL once it has one.
  ADD COLUMN asked_at timestamptz,
  -- The limit that held the present entry: of its `user` or of the `installation`; NULL: none did.
  ADD COLUMN held_by text,
  -- How long the present entry waited before it began.
  ADD COLUMN waited_ms integer;
--> statement-breakpoint
UPDATE rounds SET user_id = runs.user_id FROM runs WHERE runs.run_key = rounds.run_key;
--> statement-breakpoint
UPDATE rounds SET attempt_open = false FROM runs
WHERE runs.run_key = rounds.run_key AND runs.closed_at IS NOT NULL;
--> statement-breakpoint
ALTER TABLE rounds ALTER COLUMN user_id SET NOT NULL;
--> statement-breakpoint
CREATE INDEX rounds_at_work ON rounds (user_id) WHERE attempt_open;
--> statement-breakpoint
CREATE INDEX rounds_waiting ON rounds (started_at, round_key) WHERE asked_at IS NOT NULL;
--> statement-breakpoint
-- Why a round may not begin now, and how many are before it; NULL where it may. The oldest is first,
-- by the time it first asked; those whose user has no room are before nobody else.
CREATE FUNCTION phase_place(p_round rounds, p_limit jsonb, p_fresh_ms integer)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_all integer := (p_limit ->> 'installation')::integer;
  v_own integer := limit_for(p_limit, p_round.user_id);
  v_busy integer;
  v_own_busy integer;
  v_before integer;
  v_own_before integer;
BEGIN
  SELECT count(*), count(*) FILTER (WHERE user_id = p_round.user_id) INTO v_busy, v_own_busy
  FROM rounds WHERE attempt_open;
  WITH before AS (
    SELECT user_id, count(*) AS n FROM rounds
    WHERE asked_at > clock_timestamp() - p_fresh_ms * interval '1 millisecond'
      AND (started_at, round_key) < (p_round.started_at, p_round.round_key)
    GROUP BY user_id),
  busy AS (SELECT user_id, count(*) AS n FROM rounds WHERE attempt_open GROUP BY user_id)
  SELECT coalesce(sum(least(before.n,
      greatest(limit_for(p_limit, before.user_id) - coalesce(busy.n, 0), 0))), 0),
    coalesce(sum(before.n) FILTER (WHERE before.user_id = p_round.user_id), 0)
  INTO v_before, v_own_before
  FROM before LEFT JOIN busy USING (user_id);
  IF v_own_before >= v_own - v_own_busy THEN
    RETURN jsonb_build_object('before', v_own_before, 'held', jsonb_build_object(
      'limit', 'phasesAtWork', 'scope', 'user', 'max', v_own, 'used', v_own_busy));
  END IF;
  IF v_before >= v_all - v_busy THEN
    RETURN jsonb_build_object('before', v_before, 'held', jsonb_build_object(
      'limit', 'phasesAtWork', 'scope', 'installation', 'max', v_all, 'used', v_busy));
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP FUNCTION begin_attempt(text, text, text, text, text, integer, integer, integer, text);
--> statement-breakpoint
-- As before, and under the limits of phases at work. `p_waited_ms`: since the entry was scheduled.
CREATE FUNCTION begin_attempt(
  p_run_key text, p_temporal_run_id text, p_round_key text, p_phase text, p_item text,
  p_round integer, p_entry integer, p_attempt integer, p_worker text,
  p_limit jsonb, p_fresh_ms integer, p_waited_ms integer
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_generation integer;
  v_round rounds;
  v_crashes integer;
  v_takes_over boolean;
  v_place jsonb;
BEGIN
  IF run_is_closed(p_run_key) THEN RETURN jsonb_build_object('outcome', 'closed'); END IF;
  v_generation := generation_of(p_run_key, p_temporal_run_id);
  INSERT INTO rounds (round_key, run_key, phase, item, round, user_id, started_at)
  SELECT p_round_key, p_run_key, p_phase, p_item, p_round, user_id, clock_timestamp()
  FROM runs WHERE run_key = p_run_key
  ON CONFLICT (round_key) DO NOTHING;
  SELECT * INTO v_round FROM rounds WHERE round_key = p_round_key FOR UPDATE;
  IF (v_round.fence_generation, v_round.fence_entry, v_round.fence_attempt)
     > (v_generation, p_entry, p_attempt) THEN
    RETURN jsonb_build_object('outcome', 'fenced');
  END IF;
  -- Who has a place keeps it: an attempt takes over that of the lost one before it.
  IF NOT v_round.attempt_open THEN
    -- Held to the end of this statement, by rounds that hold everything else they need already.
    PERFORM pg_advisory_xact_lock(7331003);
    v_place := phase_place(v_round, p_limit, p_fresh_ms);
    IF v_place IS NOT NULL THEN
      UPDATE rounds SET asked_at = clock_timestamp(), held_by = v_place -> 'held' ->> 'scope'
      WHERE round_key = p_round_key;
      RETURN jsonb_build_object('outcome', 'waits', 'place', v_place);
    END IF;
  END IF;
  -- An attempt that neither returned nor threw was lost with its worker.
  v_takes_over := v_round.attempt_open
    AND (v_round.fence_generation, v_round.fence_entry, v_round.fence_attempt)
        < (v_generation, p_entry, p_attempt);
  v_crashes := v_round.crashes + v_takes_over::integer;
  IF (v_round.fence_generation, v_round.fence_entry) < (v_generation, p_entry) THEN
    v_round.waited_ms := p_waited_ms;
    v_round.held_by := CASE WHEN v_round.asked_at IS NULL THEN NULL ELSE v_round.held_by END;
  END IF;
  UPDATE rounds SET fence_generation = v_generation, fence_entry = p_entry,
    fence_attempt = p_attempt, attempt_open = true, crashes = v_crashes, worker = p_worker,
    asked_at = NULL, held_by = v_round.held_by, waited_ms = v_round.waited_ms
  WHERE round_key = p_round_key;
  RETURN jsonb_build_object(
    'outcome', 'begun', 'generation', v_generation, 'crashes', v_crashes,
    'takesOver', v_takes_over, 'waitedMs', v_round.waited_ms, 'heldBy', v_round.held_by,
    'promptSha256', v_round.prompt_sha256,
    'recorded', coalesce((
      SELECT jsonb_object_agg(step_key,
        jsonb_build_object('requestDigest', request_digest, 'outcomeSha256', outcome_sha256))
      FROM steps WHERE round_key = p_round_key AND outcome_sha256 IS NOT NULL), '{}'::jsonb));
END $$;
