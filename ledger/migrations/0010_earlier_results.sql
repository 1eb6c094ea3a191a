-- Good results of tools by what they were asked, for those that stand in for what is not to be had.
CREATE INDEX steps_by_request ON steps (name, request_digest, ended_at DESC)
WHERE kind = 'tool' AND ending = 'ok';
