-- The order in which events of all runs may be read without missing any: by transaction, then by number.
-- Numbers alone have gaps that are filled later, when a slower transaction commits; a reader goes only as far
-- as the oldest transaction that is still under way (pg_snapshot_xmin).

ALTER TABLE run_events ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
--> statement-breakpoint
ALTER TABLE run_events ADD COLUMN number bigserial;
--> statement-breakpoint
CREATE UNIQUE INDEX run_events_by_position ON run_events (xid, number);
