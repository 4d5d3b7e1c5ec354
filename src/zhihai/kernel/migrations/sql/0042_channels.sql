-- Room channels: several ways at once (多种方式同时告知), each with one delivery of each notice.

ALTER TABLE notice_choice ADD COLUMN ways text[] NOT NULL DEFAULT '{}'; -- empty: as nobody chose
ALTER TABLE notice_choice ADD COLUMN off_by text[] NOT NULL DEFAULT '{}'; -- stopped by one way, as email:zhihai.rating_answered
-- Its owner is held by its policies too, and a migration asks for nobody.
ALTER TABLE notice_choice NO FORCE ROW LEVEL SECURITY;
UPDATE notice_choice SET ways = ARRAY[way] WHERE way IS NOT NULL;
ALTER TABLE notice_choice FORCE ROW LEVEL SECURITY;
ALTER TABLE notice_choice ADD CHECK (ways <@ ARRAY['email', 'sms', 'webhook', 'post', 'person']),
    ADD CHECK (NOT 'webhook' = ANY(ways) OR address <> '');

-- By which ways a notice leaves the house; none: it waits on the page alone.
CREATE FUNCTION zh_ways(p_account bigint, p_person bigint, p_template text, p_duty boolean) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT w FROM (SELECT) AS one LEFT JOIN account a ON a.id = p_account
    LEFT JOIN LATERAL zh_chosen(p_account, p_person) c ON true
    CROSS JOIN LATERAL unnest(CASE WHEN cardinality(c.ways) > 0 THEN c.ways
        WHEN a.email <> '' THEN ARRAY['email']
        WHEN p_duty OR p_account IS NULL THEN ARRAY[zh_by_hand(zh_person_told(p_account, p_person))] END) AS w
    WHERE w IS NOT NULL
        AND (p_duty OR NOT coalesce(p_template = ANY(c.off) OR w || ':' || p_template = ANY(c.off_by), false))
$$;

-- Tell accounts and people, each matter once, in the order given. Whoever is named as a person and has an account is told
-- there. Returns how many notices were told now.
CREATE OR REPLACE FUNCTION zh_tell_rows(p jsonb) RETURNS bigint LANGUAGE sql AS $$
    WITH given AS MATERIALIZED (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(p) AS (accounts bigint[], persons bigint[], template text, facts jsonb,
            urgency text, link text, once text, at timestamptz, about text, duty boolean, wakes boolean)) WITH ORDINALITY
            AS t(accounts, persons, template, facts, urgency, link, once, at, about, duty, wakes, n)),
    whom AS (
        SELECT g.n, a.id AS account, NULL::bigint AS person FROM given g CROSS JOIN LATERAL unnest(g.accounts) AS who
            JOIN account a ON a.id = who AND a.is_active
        UNION ALL
        SELECT g.n, a.id, p.id FROM given g CROSS JOIN LATERAL unnest(g.persons) AS who JOIN person p ON p.id = who
            LEFT JOIN account_person t ON t.person_id = p.id AND t.level = 3
            LEFT JOIN account a ON a.id = t.account_id AND a.is_active),
    told AS (
        INSERT INTO notice (account_id, person_id, template, facts, urgency, link, once, at, mode, about, duty, wakes)
        SELECT w.account, w.person, g.template, g.facts, g.urgency, g.link, g.once, g.at,
            coalesce((SELECT d.mode FROM district d), 'live'), g.about, coalesce(g.duty, false), coalesce(g.wakes, false)
        FROM whom w JOIN given g ON g.n = w.n ORDER BY w.n, w.account, w.person
        ON CONFLICT DO NOTHING RETURNING id, account_id, person_id, template, duty, wakes),
    written AS (
        INSERT INTO delivery (notice_id, channel, urgent)
        SELECT t.id, w, t.wakes FROM told t CROSS JOIN LATERAL zh_ways(t.account_id, t.person_id, t.template, t.duty) AS w)
    SELECT count(*) FROM told
$$;

DROP FUNCTION zh_way(bigint, bigint, text, boolean);

-- What must be told and could not be, by any way it was to go, is told by hand, where it is known who it is. Two workers
-- may give up the last two ways at once: each waits for the other at the notice, and the later one sees both.
CREATE OR REPLACE FUNCTION zh_fall_back(p_deliveries bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE failed bigint[];
BEGIN
    failed := ARRAY(SELECT n.id FROM notice n
        WHERE n.duty AND n.id IN (SELECT d.notice_id FROM delivery d WHERE d.id = ANY(p_deliveries) AND d.state = 'failed')
        ORDER BY n.id FOR NO KEY UPDATE OF n);
    INSERT INTO delivery (notice_id, channel, urgent)
    SELECT l.id, l.way, l.wakes FROM (
        SELECT n.id, n.wakes, zh_by_hand(zh_person_told(n.account_id, n.person_id)) AS way FROM notice n
        WHERE n.id = ANY(failed)
            AND NOT EXISTS (SELECT FROM delivery d WHERE d.notice_id = n.id AND d.state <> 'failed')) AS l
    WHERE l.way IS NOT NULL ON CONFLICT DO NOTHING;
END $$;

-- How an account or a person wants to be told, what is known of them to be told by, and the number they proved.
DROP FUNCTION zh_choice(bigint, bigint);
CREATE FUNCTION zh_choice(p_account bigint, p_person bigint) RETURNS TABLE (ways text[], language text, "off" text[],
    off_by text[], address text, email text, person bigint, phone text, home text, sealed_number text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE was text := zh_read_as('platform'); whose bigint := zh_person_told(p_account, p_person);
BEGIN
    RETURN QUERY SELECT coalesce(c.ways, '{}'), c.language, coalesce(c.off, '{}'), coalesce(c.off_by, '{}'),
            coalesce(c.address, ''), coalesce(a.email, '')::text, whose,
            zh_known(whose, 'phone'), zh_known(whose, 'address'),
            (SELECT n.sealed FROM notice_number n WHERE n.account_id = p_account)
        FROM (SELECT) AS one LEFT JOIN account a ON a.id = p_account
        LEFT JOIN LATERAL zh_chosen(p_account, p_person) c ON true;
    PERFORM zh_read_as(was);
END $$;

ALTER TABLE notice_choice DROP COLUMN way;
