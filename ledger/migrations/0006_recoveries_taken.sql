-- Recoveries of a run as a whole belong to no phase.
ALTER TABLE step_recoveries ALTER COLUMN phase DROP NOT NULL, ALTER COLUMN round DROP NOT NULL;
--> statement-breakpoint
-- All recoveries that were taken, those of activities and those of workflows. Events that tell of what
-- an activity has noted itself are not counted twice.
CREATE VIEW recoveries_taken AS
  SELECT run_key, phase, step_key, failure, action, 1 AS count, at FROM step_recoveries
  UNION ALL
  SELECT run_key, event ->> 'phase', NULL, event ->> 'failure', event ->> 'action',
    (event ->> 'count')::integer, at
  FROM run_events
  WHERE type = 'recovery_taken' AND NOT event ? 'noted'
  UNION ALL
  SELECT run_key, NULL, NULL, 'overload', 'queue', 1, at FROM run_events WHERE type = 'run_queued';
--> statement-breakpoint
CREATE INDEX step_recoveries_by_time ON step_recoveries (at);
--> statement-breakpoint
CREATE INDEX step_recoveries_by_step ON step_recoveries (step_key) WHERE step_key IS NOT NULL;
