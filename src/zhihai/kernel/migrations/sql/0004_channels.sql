-- Telling many matters is one statement, however many they are.

DROP FUNCTION zh_tell(bigint[], text, jsonb, text, text, text, timestamptz);

-- Tell accounts, each matter once, in the order given; whoever has an address is written to besides. Returns how many
-- notices were told now.
CREATE FUNCTION zh_tell(p jsonb) RETURNS bigint LANGUAGE sql AS $$
    WITH told AS (
        INSERT INTO notice (account_id, template, facts, urgency, link, once, at, mode)
        SELECT a.id, t.template, t.facts, t.urgency, t.link, t.once, t.at, coalesce((SELECT d.mode FROM district d), 'live')
        FROM ROWS FROM (jsonb_to_recordset(p) AS (accounts bigint[], template text, facts jsonb, urgency text, link text,
            once text, at timestamptz)) WITH ORDINALITY AS t(accounts, template, facts, urgency, link, once, at, n)
        CROSS JOIN LATERAL unnest(t.accounts) AS who JOIN account a ON a.id = who AND a.is_active ORDER BY t.n, a.id
        ON CONFLICT (account_id, once) DO NOTHING RETURNING id, account_id),
    written AS (
        INSERT INTO delivery (notice_id, channel)
        SELECT t.id, 'email' FROM told t JOIN account a ON a.id = t.account_id WHERE a.email <> '')
    SELECT count(*) FROM told
$$;
