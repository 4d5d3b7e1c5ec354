-- Room channels: a mobile number that somebody typed in and proved by a code (验证手机号).

-- The number at which an account is told by short message; it goes before the one that is known of the person.
CREATE TABLE notice_number (
    account_id bigint PRIMARY KEY REFERENCES account,
    sealed     text NOT NULL,        -- the number, encrypted
    proved_at  timestamptz NOT NULL  -- district time
);

-- Codes that were asked for, kept for a day: by them one sees how many were. The latest of an account is the one that
-- holds. Times are the machine's: people wait by their own clocks.
CREATE TABLE number_code (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    number     text NOT NULL,                -- a keyed digest of the number, to count by
    sealed     text NOT NULL,                -- the number, encrypted
    state      text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'sent', 'failed', 'over')),
    digest     text,                         -- of the code, under a key; NULL until a worker made one
    until      timestamptz,                  -- so long the code holds
    tries      integer NOT NULL DEFAULT 0,   -- wrong codes that were typed in
    attempts   integer NOT NULL DEFAULT 0,   -- how often it was handed to the gateway, each time another code
    next_at    timestamptz NOT NULL,         -- when a worker may take it
    asked_at   timestamptz NOT NULL
);
CREATE INDEX number_code_account ON number_code (account_id, id DESC);
CREATE INDEX number_code_number ON number_code (number, asked_at);
CREATE INDEX number_code_due ON number_code (next_at) WHERE state = 'asked';

ALTER TABLE notice_number ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice_number FORCE ROW LEVEL SECURITY;
CREATE POLICY notice_number_seen ON notice_number USING (account_id = (SELECT zh_own_account()) OR (SELECT zh_sees_all()));
ALTER TABLE number_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE number_code FORCE ROW LEVEL SECURITY;
CREATE POLICY number_code_seen ON number_code USING (account_id = (SELECT zh_own_account()) OR (SELECT zh_sees_all()));

-- How an account or a person wants to be told, what is known of them to be told by, and the number they proved.
DROP FUNCTION zh_choice(bigint, bigint);
CREATE FUNCTION zh_choice(p_account bigint, p_person bigint) RETURNS TABLE (way text, language text, "off" text[],
    address text, email text, person bigint, phone text, home text, sealed_number text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE was text := zh_read_as('platform'); whose bigint := zh_person_told(p_account, p_person);
BEGIN
    RETURN QUERY SELECT c.way, c.language, coalesce(c.off, '{}'), coalesce(c.address, ''), coalesce(a.email, '')::text, whose,
            zh_known(whose, 'phone'), zh_known(whose, 'address'),
            (SELECT n.sealed FROM notice_number n WHERE n.account_id = p_account)
        FROM (SELECT) AS one LEFT JOIN account a ON a.id = p_account
        LEFT JOIN LATERAL zh_chosen(p_account, p_person) c ON true;
    PERFORM zh_read_as(was);
END $$;

-- The number of an account, and the code that was asked for last.
CREATE FUNCTION zh_number(p_account bigint) RETURNS TABLE (proved text, proved_at timestamptz, waiting text, state text,
    until timestamptz, tries integer, asked_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE was text := zh_read_as('platform');
BEGIN
    RETURN QUERY SELECT n.sealed, n.proved_at, c.sealed, c.state, c.until, c.tries, c.asked_at
        FROM (SELECT) AS one LEFT JOIN notice_number n ON n.account_id = p_account LEFT JOIN LATERAL (
            SELECT * FROM number_code x WHERE x.account_id = p_account ORDER BY x.id DESC LIMIT 1) c ON true;
    PERFORM zh_read_as(was);
END $$;
