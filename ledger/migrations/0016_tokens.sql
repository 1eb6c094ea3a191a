-- API tokens by their digests, and sessions that were ended before their cookies.

CREATE TABLE tokens (
  token_id text PRIMARY KEY,
  sha256 text NOT NULL UNIQUE,
  name text NOT NULL,
  user_id text NOT NULL,
  roles text[] NOT NULL,
  groups text[] NOT NULL,
  confined boolean NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  -- To the hour: a write for each request would cost more than it tells.
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_by text
);
--> statement-breakpoint
CREATE INDEX tokens_created ON tokens (created_at);
--> statement-breakpoint
CREATE TABLE ended_sessions (
  session_id text PRIMARY KEY,
  -- When its cookie has expired, too: then the row says nothing any more.
  until timestamptz NOT NULL
);
