-- Room channels: a second wall. A notice is seen by a question that says for whom it asks, and by no other.

-- Say for whom the statements that follow in this transaction ask: an account's number, or 'platform' for work done for
-- nobody. Returns what was said before.
CREATE FUNCTION zh_read_as(p_reader text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE was text := coalesce(current_setting('zhihai.reader', true), '');
BEGIN
    PERFORM set_config('zhihai.reader', p_reader, true);
    RETURN was;
END $$;

ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice FORCE ROW LEVEL SECURITY; -- the platform owns its tables, and owners are let through otherwise
CREATE POLICY notice_own ON notice USING (current_setting('zhihai.reader', true) IN (account_id::text, 'platform'));

CREATE FUNCTION zh_notices(p_account bigint, p_after bigint, p_limit integer) RETURNS TABLE (id bigint, template text,
    facts jsonb, urgency text, link text, at timestamptz, mode text, read_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE was text := zh_read_as(p_account::text);
BEGIN
    RETURN QUERY SELECT n.id, n.template, n.facts, n.urgency, n.link, n.at, n.mode, n.read_at FROM notice n
        WHERE n.account_id = p_account AND (p_after IS NULL OR n.id < p_after) ORDER BY n.id DESC LIMIT p_limit;
    PERFORM zh_read_as(was);
END $$;

CREATE FUNCTION zh_unread(p_account bigint, p_most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE was text := zh_read_as(p_account::text); n integer;
BEGIN
    SELECT count(*) INTO n FROM (
        SELECT FROM notice x WHERE x.account_id = p_account AND x.read_at IS NULL LIMIT p_most) AS counted;
    PERFORM zh_read_as(was);
    RETURN n;
END $$;

-- Mark a notice as read by the one it was told to. True when it is read now, false when it was before, NULL for none.
CREATE FUNCTION zh_notice_read(p_account bigint, p_notice bigint, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE was text := zh_read_as(p_account::text); fresh boolean;
BEGIN
    SELECT n.read_at IS NULL INTO fresh FROM notice n WHERE n.id = p_notice AND n.account_id = p_account FOR UPDATE;
    IF fresh THEN UPDATE notice SET read_at = p_at WHERE id = p_notice; END IF;
    PERFORM zh_read_as(was);
    RETURN fresh;
END $$;

ALTER FUNCTION zh_tell(jsonb) RENAME TO zh_tell_rows;
CREATE FUNCTION zh_tell(p jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE was text := zh_read_as('platform'); n bigint;
BEGIN
    n := zh_tell_rows(p);
    PERFORM zh_read_as(was);
    RETURN n;
END $$;
