-- What channels were told of runs: each notification once for each channel.

CREATE TABLE deliveries (
  key text NOT NULL,
  channel text NOT NULL,
  run_key text NOT NULL,
  event text NOT NULL,
  -- Null: still to be delivered.
  ended text CHECK (ended IN ('delivered', 'over', 'given_up')),
  -- That failed, and why the last one did.
  tries integer NOT NULL DEFAULT 0,
  problem text,
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (key, channel)
);
--> statement-breakpoint
-- Few: those that fail, and those that were given up.
CREATE INDEX deliveries_in_trouble ON deliveries (channel, changed_at)
  WHERE ended = 'given_up' OR (ended IS NULL AND problem IS NOT NULL);
