-- Room channels: notices by every way (通知送达), to people without an account too, as each of them chose.

ALTER TABLE notice ALTER COLUMN account_id DROP NOT NULL;
ALTER TABLE notice ADD COLUMN person_id bigint REFERENCES person;      -- told as a person, with or without an account
ALTER TABLE notice ADD COLUMN about text;                              -- what it is about, as case:12
ALTER TABLE notice ADD COLUMN duty boolean NOT NULL DEFAULT false;     -- nobody can stop it
ALTER TABLE notice ADD COLUMN wakes boolean NOT NULL DEFAULT false;    -- leaves in quiet hours too
ALTER TABLE notice ADD CHECK (num_nonnulls(account_id, person_id) > 0);
ALTER TABLE notice ADD UNIQUE (person_id, once);
CREATE INDEX notice_person ON notice (person_id, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX notice_about ON notice (about) WHERE about IS NOT NULL;

ALTER TABLE delivery ADD CHECK (channel IN ('email', 'sms', 'webhook', 'post', 'person'));
ALTER TABLE delivery ADD COLUMN urgent boolean NOT NULL DEFAULT false; -- of a notice that wakes
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (channel, next_at, id) WHERE state IN ('queued', 'sending');
CREATE INDEX delivery_lost ON delivery (channel, id) WHERE state = 'failed';
DROP INDEX delivery_failed;

-- How somebody wants to be told: an account, or a person without one. District time.
CREATE TABLE notice_choice (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint UNIQUE REFERENCES account,
    person_id  bigint UNIQUE REFERENCES person,
    way        text CHECK (way IN ('email', 'sms', 'webhook', 'post', 'person')), -- NULL: as nobody chose
    language   text CHECK (language IN ('zh', 'en')),                             -- NULL: the account's
    off        text[] NOT NULL DEFAULT '{}', -- kinds of notice that do not leave the house for them
    address    text NOT NULL DEFAULT '',     -- of a webhook
    sealed     text NOT NULL DEFAULT '',     -- what its messages are signed with, encrypted
    at         timestamptz NOT NULL,
    CHECK (num_nonnulls(account_id, person_id) = 1),
    CHECK (way IS DISTINCT FROM 'webhook' OR address <> '')
);

-- Whom somebody tried to tell, by a letter, by telephone or in person: once for each try. District time.
CREATE TABLE delivery_try (
    delivery_id bigint NOT NULL REFERENCES delivery ON DELETE CASCADE,
    n           integer NOT NULL,
    account_id  bigint NOT NULL,
    how         text NOT NULL CHECK (how IN ('letter', 'call', 'visit')),
    reached     boolean NOT NULL,
    letter      text NOT NULL DEFAULT '', -- number of a registered letter
    at          timestamptz NOT NULL,
    PRIMARY KEY (delivery_id, n)
);

-- Whose account this is, shown in person; or else the person that was named.
CREATE FUNCTION zh_person_told(p_account bigint, p_person bigint) RETURNS bigint LANGUAGE sql STABLE
    RETURN coalesce(p_person,
        (SELECT t.person_id FROM account_person t WHERE t.account_id = p_account AND t.level = 3));

-- What is known of a person, as it stands.
CREATE FUNCTION zh_known(p_person bigint, p_field text) RETURNS text LANGUAGE sql STABLE
    RETURN (SELECT f.value FROM person_fact f WHERE f.person_id = p_person AND f.field = p_field AND f.until IS NULL);

CREATE FUNCTION zh_by_hand(p_person bigint) RETURNS text LANGUAGE sql STABLE
    RETURN CASE WHEN p_person IS NULL THEN NULL WHEN zh_known(p_person, 'address') IS NULL THEN 'person' ELSE 'post' END;

-- The choice that holds for an account or a person: the account's own goes before what was said at a window.
CREATE FUNCTION zh_chosen(p_account bigint, p_person bigint) RETURNS SETOF notice_choice LANGUAGE sql STABLE AS $$
    SELECT c.* FROM notice_choice c WHERE c.account_id = p_account OR c.person_id = zh_person_told(p_account, p_person)
    ORDER BY c.account_id NULLS LAST LIMIT 1
$$;

-- By which way a notice leaves the house; NULL: it waits on the page alone.
CREATE FUNCTION zh_way(p_account bigint, p_person bigint, p_template text, p_duty boolean) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT p_duty AND p_template = ANY(c.off) THEN NULL
        WHEN c.way IS NOT NULL THEN c.way
        WHEN a.email <> '' THEN 'email'
        WHEN p_duty OR p_account IS NULL THEN zh_by_hand(zh_person_told(p_account, p_person)) END
    FROM (SELECT) AS one LEFT JOIN account a ON a.id = p_account
    LEFT JOIN LATERAL zh_chosen(p_account, p_person) c ON true
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
        SELECT l.id, l.way, l.wakes FROM (
            SELECT t.id, t.wakes, zh_way(t.account_id, t.person_id, t.template, t.duty) AS way FROM told t) AS l
        WHERE l.way IS NOT NULL)
    SELECT count(*) FROM told
$$;

DROP FUNCTION zh_delivery_take(timestamptz, interval, interval, integer, integer);

-- Take the message of one way that has been due longest, under a lease: one delivery, or all that leave together. Where
-- more than p_single deliveries to one of those told are due that were never tried, up to p_most of them leave together
-- from now on; what was tried before keeps to its own message, since the receiver may have it. Rows that another worker
-- takes are passed over. All deliveries of a message are in one state: only the first of them is looked for. With
-- p_urgent nothing is taken but what wakes people.
--
-- Nothing waits longer than p_longest, and no lease lasts longer than p_lease: what is to wait twice as long was noted while
-- the machine's clock stood ahead, and not just by a worker whose clock goes a little faster than ours. It is looked for
-- when nothing else is due, and then leaves at once.
CREATE FUNCTION zh_delivery_take(p_channel text, p_urgent boolean, p_now timestamptz, p_lease interval,
    p_longest interval, p_single integer, p_most integer) RETURNS SETOF delivery LANGUAGE plpgsql AS $$
DECLARE d delivery; members bigint[]; who bigint; whose bigint;
BEGIN
    SELECT * INTO d FROM delivery x WHERE x.channel = p_channel AND x.next_at <= p_now AND (x.urgent OR NOT p_urgent)
        AND (x.together IS NULL OR x.together = x.id)
        AND (x.state = 'queued'
            OR (x.state = 'sending' AND (x.lease_until < p_now OR x.lease_until > p_now + 2 * p_lease)))
        ORDER BY x.next_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF d.id IS NULL THEN
        SELECT * INTO d FROM delivery x WHERE x.channel = p_channel AND x.next_at > p_now + 2 * p_longest
            AND (x.urgent OR NOT p_urgent) AND (x.together IS NULL OR x.together = x.id)
            AND (x.state = 'queued'
                OR (x.state = 'sending' AND (x.lease_until < p_now OR x.lease_until > p_now + 2 * p_lease)))
            ORDER BY x.next_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF d.id IS NULL THEN RETURN; END IF;
    IF d.together IS NOT NULL THEN
        members := ARRAY(SELECT x.id FROM delivery x WHERE x.together = d.id);
    ELSIF d.attempts = 0 THEN
        SELECT n.account_id, CASE WHEN n.account_id IS NULL THEN n.person_id END INTO who, whose
            FROM notice n WHERE n.id = d.notice_id;
        members := ARRAY(SELECT x.id FROM delivery x
            WHERE x.notice_id = ANY(ARRAY(SELECT b.id FROM notice b WHERE b.id >= d.notice_id
                    AND (b.account_id = who OR (b.person_id = whose AND b.account_id IS NULL))))
                AND x.channel = d.channel AND x.state = 'queued' AND x.attempts = 0 AND x.together IS NULL
                AND (x.urgent OR NOT p_urgent) AND (x.next_at <= p_now OR x.next_at > p_now + 2 * p_longest)
            ORDER BY x.notice_id LIMIT p_most FOR UPDATE OF x SKIP LOCKED);
        IF cardinality(members) > p_single THEN
            UPDATE delivery x SET together = d.id WHERE x.id = ANY(members);
        ELSE
            members := ARRAY[d.id];
        END IF;
    ELSE
        members := ARRAY[d.id];
    END IF;
    RETURN QUERY UPDATE delivery x SET state = 'sending', attempts = x.attempts + 1, lease_until = p_now + p_lease
        WHERE x.id = ANY(members) RETURNING x.*;
END $$;

-- What must be told and could not be by these deliveries is told by hand, where it is known who it is.
CREATE FUNCTION zh_fall_back(p_deliveries bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO delivery (notice_id, channel, urgent)
    SELECT l.id, l.way, l.wakes FROM (
        SELECT n.id, n.wakes, zh_by_hand(zh_person_told(n.account_id, n.person_id)) AS way
        FROM delivery d JOIN notice n ON n.id = d.notice_id
        WHERE d.id = ANY(p_deliveries) AND d.state = 'failed' AND n.duty) AS l
    WHERE l.way IS NOT NULL ON CONFLICT DO NOTHING
$$;

-- A notice is seen by whose it is, who asks as 'own:12' and is the account or the person that was told.
ALTER POLICY notice_own ON notice USING (account_id = (SELECT zh_own_account())
    OR person_id = (SELECT zh_proved_person()) OR (SELECT zh_sees_all()));
ALTER TABLE notice_choice ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice_choice FORCE ROW LEVEL SECURITY;
CREATE POLICY notice_choice_seen ON notice_choice USING (account_id = (SELECT zh_own_account())
    OR person_id = (SELECT zh_proved_person()) OR person_id = (SELECT zh_seen_person()) OR (SELECT zh_sees_all()));

-- By which ways a notice left, and with what outcome, oldest first.
CREATE FUNCTION zh_told(p_notice bigint) RETURNS text LANGUAGE sql STABLE
    RETURN (SELECT json_agg(json_build_array(d.channel, d.state, d.queued_at, d.sent_at, (
            SELECT json_agg(json_build_array(t.how, t.reached, t.letter, t.at) ORDER BY t.n) FROM delivery_try t
            WHERE t.delivery_id = d.id)) ORDER BY d.id)
        FROM delivery d WHERE d.notice_id = p_notice)::text;

DROP FUNCTION zh_notices(bigint, bigint, integer);
CREATE FUNCTION zh_notices(p_account bigint, p_after bigint, p_limit integer) RETURNS TABLE (id bigint, template text,
    facts jsonb, urgency text, link text, at timestamptz, mode text, read_at timestamptz, told text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE was text := zh_read_as('own:' || p_account); person bigint := zh_proved_person();
BEGIN
    RETURN QUERY SELECT n.id, n.template, n.facts, n.urgency, n.link, n.at, n.mode, n.read_at, zh_told(n.id) FROM notice n
        WHERE n.id IN (
            (SELECT x.id FROM notice x WHERE x.account_id = p_account AND (p_after IS NULL OR x.id < p_after)
                ORDER BY x.id DESC LIMIT p_limit)
            UNION (SELECT x.id FROM notice x WHERE x.person_id = person AND (p_after IS NULL OR x.id < p_after)
                ORDER BY x.id DESC LIMIT p_limit))
        ORDER BY n.id DESC LIMIT p_limit;
    PERFORM zh_read_as(was);
END $$;

CREATE OR REPLACE FUNCTION zh_unread(p_account bigint, p_most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE was text := zh_read_as('own:' || p_account); person bigint := zh_proved_person(); n integer;
BEGIN
    SELECT count(*) INTO n FROM (
        (SELECT x.id FROM notice x WHERE x.account_id = p_account AND x.read_at IS NULL LIMIT p_most)
        UNION (SELECT x.id FROM notice x WHERE x.person_id = person AND x.read_at IS NULL LIMIT p_most)
        LIMIT p_most) AS counted;
    PERFORM zh_read_as(was);
    RETURN n;
END $$;

CREATE OR REPLACE FUNCTION zh_notice_read(p_account bigint, p_notice bigint, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE was text := zh_read_as('own:' || p_account); fresh boolean;
BEGIN
    SELECT n.read_at IS NULL INTO fresh FROM notice n WHERE n.id = p_notice FOR UPDATE;
    IF fresh THEN UPDATE notice SET read_at = p_at WHERE id = p_notice; END IF;
    PERFORM zh_read_as(was);
    RETURN fresh;
END $$;

-- That somebody was told about something, and by which way: the kinds of notice, never whom or what they say.
CREATE FUNCTION zh_told_about(p_about text, p_most integer) RETURNS TABLE (template text, at timestamptz, told text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE was text := zh_read_as('platform');
BEGIN
    RETURN QUERY SELECT n.template, n.at, zh_told(n.id) FROM notice n WHERE n.about = p_about ORDER BY n.id DESC LIMIT p_most;
    PERFORM zh_read_as(was);
END $$;

-- How an account or a person wants to be told, and what is known of them to be told by.
CREATE FUNCTION zh_choice(p_account bigint, p_person bigint) RETURNS TABLE (way text, language text, "off" text[],
    address text, email text, person bigint, phone text, home text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE was text := zh_read_as('platform'); whose bigint := zh_person_told(p_account, p_person);
BEGIN
    RETURN QUERY SELECT c.way, c.language, coalesce(c.off, '{}'), coalesce(c.address, ''), coalesce(a.email, '')::text, whose,
            zh_known(whose, 'phone'), zh_known(whose, 'address')
        FROM (SELECT) AS one LEFT JOIN account a ON a.id = p_account
        LEFT JOIN LATERAL zh_chosen(p_account, p_person) c ON true;
    PERFORM zh_read_as(was);
END $$;
