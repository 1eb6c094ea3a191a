-- Event lists of a run by the Temporal run that wrote them, archived histories, and ancestry.

-- The generation that wrote the newest events: an older Temporal run writes none any more.
ALTER TABLE runs ADD COLUMN events_generation integer NOT NULL DEFAULT 0;
--> statement-breakpoint
-- Of a fork: the run whose artifacts it took over.
ALTER TABLE runs ADD COLUMN forked_from text;
--> statement-breakpoint
CREATE INDEX runs_by_origin ON runs (forked_from) WHERE forked_from IS NOT NULL;
--> statement-breakpoint
-- What reconciliation looks through.
CREATE INDEX runs_open ON runs (changed_at) WHERE closed_at IS NULL;
--> statement-breakpoint
-- Events that a reset in Temporal took back: kept, since what they tell did happen.
CREATE TABLE superseded_events (
  run_key text NOT NULL,
  generation integer NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL,
  type text NOT NULL,
  event jsonb NOT NULL,
  superseded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_key, generation, version)
);
--> statement-breakpoint
CREATE TABLE run_histories (
  run_key text NOT NULL,
  temporal_run_id text NOT NULL,
  history_sha256 text NOT NULL,
  archived_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_key, temporal_run_id)
);
--> statement-breakpoint
INSERT INTO run_histories (run_key, temporal_run_id, history_sha256)
SELECT r.run_key, g.temporal_run_id, r.history_sha256
FROM runs r
JOIN LATERAL (
  SELECT temporal_run_id FROM generations
  WHERE run_key = r.run_key ORDER BY generation DESC LIMIT 1) g ON true
WHERE r.history_sha256 IS NOT NULL;
--> statement-breakpoint
ALTER TABLE runs DROP COLUMN history_sha256;
