-- An effect is `executing`, `unknown` (begun, and nobody can say how it ended), `failed` (nothing
-- was changed), `refused` (its input can never be carried out) or `done`.
ALTER TABLE effects
  ADD COLUMN tries integer NOT NULL DEFAULT 1,
  ADD COLUMN place text,
  ADD COLUMN report_sha256 text;
--> statement-breakpoint
CREATE INDEX effects_by_place ON effects (run_key, place) WHERE place IS NOT NULL;
