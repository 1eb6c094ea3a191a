-- Which runs are at work and which wait for their turn: a row for each open run. Limits come from the
-- caller as {"installation": 20, "user": 10, "users": {"u-7": 2}}.
-- Whoever takes a place, or lets another have one, holds the lock of the queue; whoever holds it waits
-- for nothing else, so nothing deadlocks: a run's own row in `runs` is locked before, never after.

CREATE TABLE admissions (
  run_key text PRIMARY KEY,
  user_id text NOT NULL,
  priority integer NOT NULL,
  -- `queued`; `admitted`: may begin, its workflow has not said yet that it knows; `at_work`;
  -- `parked`: waits for a person and takes no place, but is not queued again.
  standing text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  admitted_at timestamptz
);
--> statement-breakpoint
CREATE INDEX admissions_queue ON admissions (priority, asked_at, run_key) WHERE standing = 'queued';
--> statement-breakpoint
CREATE INDEX admissions_at_work ON admissions (user_id) WHERE standing IN ('admitted', 'at_work');
--> statement-breakpoint
CREATE INDEX admissions_by_user ON admissions (user_id, standing);
--> statement-breakpoint
INSERT INTO admissions (run_key, user_id, priority, standing, asked_at, admitted_at)
SELECT run_key, user_id, 3,
  CASE WHEN status IN ('waiting_for_review', 'paused') THEN 'parked' ELSE 'at_work' END,
  started_at, started_at
FROM runs WHERE closed_at IS NULL;
--> statement-breakpoint
CREATE FUNCTION limit_for(p_limit jsonb, p_user text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(p_limit -> 'users' ->> p_user, p_limit ->> 'user')::integer
$$;
--> statement-breakpoint
CREATE FUNCTION lock_queue() RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(7331002)
$$;
--> statement-breakpoint
-- Admits the next runs for which there is room, by priority and age; one whose user has no room blocks
-- nobody else. Returns whom to tell: those, and those told before that have not been heard of since.
CREATE FUNCTION admit_next(p_limit jsonb, p_tell_again_ms integer)
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  v_room integer;
  v_key text;
  v_told text[];
BEGIN
  WITH again AS (
    UPDATE admissions SET admitted_at = clock_timestamp()
    WHERE standing = 'admitted'
      AND admitted_at < clock_timestamp() - p_tell_again_ms * interval '1 millisecond'
    RETURNING run_key)
  SELECT coalesce(array_agg(run_key), '{}') INTO v_told FROM again;
  IF NOT EXISTS (SELECT 1 FROM admissions WHERE standing = 'queued') THEN RETURN v_told; END IF;
  SELECT (p_limit ->> 'installation')::integer - count(*) INTO v_room
  FROM admissions WHERE standing IN ('admitted', 'at_work');
  WHILE v_room > 0 LOOP
    SELECT run_key INTO v_key FROM admissions
    WHERE standing = 'queued' AND user_id NOT IN (
      SELECT user_id FROM admissions WHERE standing IN ('admitted', 'at_work')
      GROUP BY user_id HAVING count(*) >= limit_for(p_limit, user_id))
    ORDER BY priority, asked_at, run_key LIMIT 1;
    EXIT WHEN NOT FOUND;
    UPDATE admissions SET standing = 'admitted', admitted_at = clock_timestamp()
    WHERE run_key = v_key;
    v_told := v_told || v_key;
    v_room := v_room - 1;
  END LOOP;
  RETURN v_told;
END $$;
--> statement-breakpoint
-- Where a queued run stands: the limit that holds it, how much of that is used, how many are before it.
CREATE FUNCTION queue_place(p_run_key text, p_limit jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_own admissions;
  v_total integer;
  v_used integer;
  v_scope text;
BEGIN
  SELECT * INTO v_own FROM admissions WHERE run_key = p_run_key AND standing = 'queued';
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT count(*), count(*) FILTER (WHERE user_id = v_own.user_id) INTO v_total, v_used
  FROM admissions WHERE standing IN ('admitted', 'at_work');
  v_scope := CASE WHEN v_used >= limit_for(p_limit, v_own.user_id) THEN 'user' ELSE 'installation' END;
  RETURN jsonb_build_object(
    'held', jsonb_build_object('limit', 'runsAtWork', 'scope', v_scope,
      'max', CASE v_scope WHEN 'user' THEN limit_for(p_limit, v_own.user_id)
        ELSE (p_limit ->> 'installation')::integer END,
      'used', CASE v_scope WHEN 'user' THEN v_used ELSE v_total END),
    'before', (SELECT count(*) FROM admissions
      WHERE standing = 'queued' AND (v_scope = 'installation' OR user_id = v_own.user_id)
        AND (priority, asked_at, run_key) < (v_own.priority, v_own.asked_at, v_own.run_key)));
END $$;
--> statement-breakpoint
-- The limit of queued runs that this run exceeds; NULL where it fits.
CREATE FUNCTION queue_is_full(p_user text, p_limit jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_total integer;
  v_own integer;
  v_max integer := limit_for(p_limit, p_user);
BEGIN
  SELECT count(*), count(*) FILTER (WHERE user_id = p_user) INTO v_total, v_own
  FROM admissions WHERE standing = 'queued';
  IF v_own > v_max THEN
    RETURN jsonb_build_object('limit', 'runsQueued', 'scope', 'user', 'max', v_max, 'used', v_own - 1);
  END IF;
  IF v_total > (p_limit ->> 'installation')::integer THEN
    RETURN jsonb_build_object('limit', 'runsQueued', 'scope', 'installation',
      'max', (p_limit ->> 'installation')::integer, 'used', v_total - 1);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- A run that is opened, after its row: `opened` where there is room, `queued` where not, `full` where
-- the queue has no place either. Idempotent. `p_fresh`: it was not in the ledger before.
CREATE FUNCTION seek_admission(
  p_run_key text, p_user text, p_priority integer, p_fresh boolean, p_queues boolean,
  p_at_work jsonb, p_queued jsonb, p_tell_again_ms integer
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_standing text;
  v_told text[] := '{}';
  v_place jsonb;
  v_full jsonb;
BEGIN
  PERFORM lock_queue();
  IF p_fresh THEN
    INSERT INTO admissions (run_key, user_id, priority, standing)
    VALUES (p_run_key, p_user, p_priority, 'queued');
    v_told := admit_next(p_at_work, p_tell_again_ms);
  END IF;
  SELECT standing INTO v_standing FROM admissions WHERE run_key = p_run_key;
  IF NOT FOUND THEN
    -- It has ended, or was refused and the answer got lost.
    RETURN jsonb_build_object('outcome', CASE WHEN EXISTS (
      SELECT 1 FROM runs WHERE run_key = p_run_key AND status = 'refused')
      THEN 'refused' ELSE 'opened' END, 'told', '{}'::text[]);
  END IF;
  IF v_standing = 'queued' THEN
    v_place := queue_place(p_run_key, p_at_work);
    v_full := CASE WHEN p_queues THEN queue_is_full(p_user, p_queued) ELSE v_place -> 'held' END;
    IF p_fresh AND v_full IS NOT NULL THEN
      DELETE FROM admissions WHERE run_key = p_run_key;
      RETURN jsonb_build_object('outcome', 'full', 'full', v_full, 'told', to_jsonb(v_told));
    END IF;
    RETURN jsonb_build_object('outcome', 'queued', 'place', v_place, 'told', to_jsonb(v_told));
  END IF;
  UPDATE admissions SET standing = 'at_work' WHERE run_key = p_run_key AND standing = 'admitted';
  RETURN jsonb_build_object('outcome', 'opened',
    'told', to_jsonb(array_remove(v_told, p_run_key)));
END $$;
--> statement-breakpoint
-- A queued run asks whether it may begin. One that the ledger does not know to be queued may.
CREATE FUNCTION ask_admission(p_run_key text, p_at_work jsonb, p_tell_again_ms integer)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_told text[];
  v_standing text;
BEGIN
  PERFORM lock_queue();
  v_told := admit_next(p_at_work, p_tell_again_ms);
  SELECT standing INTO v_standing FROM admissions WHERE run_key = p_run_key;
  IF v_standing = 'queued' THEN
    RETURN jsonb_build_object('outcome', 'queued', 'told', to_jsonb(v_told));
  END IF;
  UPDATE admissions SET standing = 'at_work' WHERE run_key = p_run_key AND standing = 'admitted';
  RETURN jsonb_build_object('outcome', 'admitted',
    'told', to_jsonb(array_remove(v_told, p_run_key)));
END $$;
--> statement-breakpoint
-- A run has parked, goes on, or has ended. Returns whom to tell that they may begin.
CREATE FUNCTION settle_admission(
  p_run_key text, p_now text, p_at_work jsonb, p_tell_again_ms integer
) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
  IF p_now = 'at_work' THEN
    UPDATE admissions SET standing = 'at_work' WHERE run_key = p_run_key AND standing = 'parked';
    RETURN '{}';
  END IF;
  PERFORM lock_queue();
  IF p_now = 'parked' THEN
    UPDATE admissions SET standing = 'parked'
    WHERE run_key = p_run_key AND standing IN ('admitted', 'at_work');
  ELSE
    DELETE FROM admissions WHERE run_key = p_run_key;
  END IF;
  RETURN admit_next(p_at_work, p_tell_again_ms);
END $$;
