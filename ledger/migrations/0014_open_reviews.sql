-- What runs ask people at present, as their states have it: looked through by whoever may decide.

CREATE TABLE open_reviews (
  run_key text NOT NULL,
  review_id text NOT NULL,
  -- Of the run, so that a page of reviews is read without the runs.
  workflow_id text NOT NULL,
  first_run_id text NOT NULL,
  kind text NOT NULL,
  team text NOT NULL,
  user_id text NOT NULL,
  -- Milliseconds, as the cursors of pages carry them.
  opened_at timestamptz(3) NOT NULL,
  escalated boolean NOT NULL,
  -- Whose members may decide; empty: everybody.
  groups text[] NOT NULL,
  -- Who may not, and who may, whatever their groups.
  barred text[] NOT NULL,
  stand_ins text[] NOT NULL,
  review jsonb NOT NULL,
  PRIMARY KEY (run_key, review_id)
);
--> statement-breakpoint
CREATE INDEX open_reviews_by_age ON open_reviews (opened_at, run_key, review_id);
--> statement-breakpoint
CREATE INDEX open_reviews_by_team ON open_reviews (team, opened_at, run_key, review_id);
--> statement-breakpoint
CREATE INDEX open_reviews_by_user ON open_reviews (user_id, opened_at, run_key, review_id);
--> statement-breakpoint
-- Of runs that wait already; none of them knows of groups yet.
INSERT INTO open_reviews
SELECT r.run_key, v.key, r.workflow_id, r.first_run_id, v.value ->> 'kind', r.team, r.user_id,
  to_timestamp((v.value ->> 'openedAt')::float8 / 1000), v.value ? 'escalatedAt',
  '{}', '{}', '{}', v.value
FROM runs r, jsonb_each(r.state -> 'reviews') v
WHERE r.closed_at IS NULL;
