-- The audit log (A1 to A4 in contracts/audit.ts). Rows are sealed by the processes that append them: the
-- key is never here. What these triggers refuse, the owner of the tables could do without them;
-- that it was done is found by the seals and by the heads that are kept elsewhere.

CREATE TABLE audit_log (
  sequence bigint PRIMARY KEY,
  -- What happened, as canonical JSON: the very bytes that are sealed.
  entry text NOT NULL,
  -- Of the row before (hash and mac), the sequence number and the entry.
  hash text NOT NULL,
  mac text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX audit_log_keys ON audit_log ((entry::jsonb ->> 'key'));
--> statement-breakpoint
CREATE INDEX audit_log_runs ON audit_log ((entry::jsonb ->> 'run'), sequence);
--> statement-breakpoint
CREATE INDEX audit_log_actors ON audit_log ((entry::jsonb ->> 'actor'), sequence);
--> statement-breakpoint
CREATE INDEX audit_log_times ON audit_log ((entry::jsonb ->> 'at'));
--> statement-breakpoint
CREATE INDEX audit_log_actions ON audit_log ((entry::jsonb ->> 'action'), sequence);
--> statement-breakpoint
-- The last row; whoever appends locks it. With the fingerprint of the installation's secret.
CREATE TABLE audit_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  sequence bigint NOT NULL,
  hash text NOT NULL,
  mac text NOT NULL,
  secret text
);
--> statement-breakpoint
INSERT INTO audit_head (sequence, hash, mac) VALUES (0, '', '');
--> statement-breakpoint
-- Who is behind a digest, and the salt without which nobody can tell. Erasing a person removes these rows.
CREATE TABLE audit_people (
  digest text PRIMARY KEY,
  person text NOT NULL,
  -- The person, or an address of theirs.
  value text NOT NULL,
  salt text NOT NULL,
  UNIQUE (person, value)
);
--> statement-breakpoint
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is only ever appended to: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_log_row BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
CREATE TRIGGER audit_log_table BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
CREATE TRIGGER audit_head_back BEFORE UPDATE ON audit_head
  FOR EACH ROW
  WHEN (NEW.sequence < OLD.sequence
    OR (NEW.sequence = OLD.sequence AND (NEW.hash, NEW.mac) IS DISTINCT FROM (OLD.hash, OLD.mac)))
  EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
CREATE TRIGGER audit_head_row BEFORE DELETE ON audit_head
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
CREATE TRIGGER audit_head_table BEFORE TRUNCATE ON audit_head
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
-- Also where triggers are off for the session.
ALTER TABLE audit_log
  ENABLE ALWAYS TRIGGER audit_log_row, ENABLE ALWAYS TRIGGER audit_log_table;
--> statement-breakpoint
ALTER TABLE audit_head
  ENABLE ALWAYS TRIGGER audit_head_back,
  ENABLE ALWAYS TRIGGER audit_head_row,
  ENABLE ALWAYS TRIGGER audit_head_table;
--> statement-breakpoint
-- Locks the head until the end of the transaction, then tells it, which of the keys are there already and
-- the digests of those people who have one: [[person, value], …].
CREATE FUNCTION audit_begin(p_keys text[], p_people jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  head audit_head;
BEGIN
  SELECT * INTO head FROM audit_head FOR UPDATE;
  IF NOT FOUND THEN
    -- A system error: whoever appends waits until it is put right.
    RAISE EXCEPTION 'the head of the audit log is gone' USING ERRCODE = 'system_error';
  END IF;
  RETURN jsonb_build_object(
    'head', jsonb_build_object(
      'sequence', head.sequence, 'hash', head.hash, 'mac', head.mac, 'secret', head.secret),
    'known', (
      SELECT coalesce(jsonb_agg(l.entry::jsonb ->> 'key'), '[]')
      FROM audit_log l WHERE l.entry::jsonb ->> 'key' = ANY (p_keys)),
    'people', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'person', p.person, 'value', p.value, 'digest', p.digest)), '[]')
      FROM audit_people p
      JOIN jsonb_array_elements(p_people) asked
        ON p.person = asked ->> 0 AND p.value = asked ->> 1));
END $$;
--> statement-breakpoint
-- By whoever holds the head.
CREATE FUNCTION audit_append(p_people jsonb, p_rows jsonb)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_people SELECT * FROM jsonb_populate_recordset(NULL::audit_people, p_people);
  INSERT INTO audit_log SELECT * FROM jsonb_populate_recordset(NULL::audit_log, p_rows);
  UPDATE audit_head SET
    sequence = (p_rows -> -1 ->> 'sequence')::bigint,
    hash = p_rows -> -1 ->> 'hash',
    mac = p_rows -> -1 ->> 'mac';
END $$;
