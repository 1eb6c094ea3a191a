-- What was detected in the text of an original.
ALTER TABLE extractions ADD COLUMN categories jsonb;
--> statement-breakpoint
CREATE INDEX run_events_outputs ON run_events (at DESC) WHERE type = 'output_accepted';
--> statement-breakpoint
-- Outputs that were handed on, with what was known of each: for asking across runs how sure agents
-- are and how sure they may be, and which artifacts hold data of a category.
CREATE VIEW accepted_outputs AS
SELECT e.run_key, r.workflow_id, r.team, r.team_version, e.event ->> 'phase' AS phase, e.version, e.at,
  e.event ->> 'output' AS output_sha256,
  -- Events of before were numbers, and nothing was corrected.
  (CASE jsonb_typeof(e.event -> 'confidence') WHEN 'number' THEN e.event ->> 'confidence'
    ELSE e.event #>> '{confidence,stated}' END)::double precision AS stated_confidence,
  (e.event #>> '{confidence,corrected}')::double precision AS corrected_confidence,
  coalesce(e.event #> '{confidence,because}', '[]'::jsonb) AS doubts,
  ARRAY(SELECT jsonb_object_keys(coalesce(e.event -> 'categories', '{}'::jsonb))) AS categories
FROM run_events e JOIN runs r USING (run_key)
WHERE e.type = 'output_accepted';
