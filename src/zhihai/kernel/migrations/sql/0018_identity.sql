-- Room identity: whose account is whose, and how surely that is known.

CREATE TABLE account_person (
    account_id bigint PRIMARY KEY REFERENCES account,
    person_id  bigint NOT NULL REFERENCES person,
    level      smallint NOT NULL CHECK (level IN (2, 3)), -- 2: named name and number; 3: shown in person
    at         timestamptz NOT NULL,                      -- district time
    document   text NOT NULL DEFAULT '' CHECK ((document <> '') = (level = 3)), -- what was shown at the window
    actor      bigint NOT NULL
);
CREATE INDEX account_person_person ON account_person (person_id);
CREATE UNIQUE INDEX account_person_one ON account_person (person_id) WHERE level = 3;

-- Names and numbers that did not fit, so that nobody tries them one after another. Machine time.
CREATE TABLE claim_failure (
    account_id bigint NOT NULL REFERENCES account,
    at         timestamptz NOT NULL
);
CREATE INDEX claim_failure_account ON claim_failure (account_id, at);

-- A resident asks as 'own:12', the number of the account, and sees the person it is tied to.
CREATE FUNCTION zh_own_account() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT substring(current_setting('zhihai.reader', true) FROM '^own:([0-9]{1,18})$')::bigint
$$;
ALTER TABLE account_person ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_person FORCE ROW LEVEL SECURITY;
CREATE POLICY account_person_seen ON account_person USING (account_id = (SELECT zh_own_account())
    OR person_id = (SELECT zh_seen_person()) OR (SELECT zh_sees_all()));
-- Its body is bound to the table when it is made: a dump asks these policies with no schema to look in.
CREATE FUNCTION zh_own_person() RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT t.person_id FROM account_person t WHERE t.account_id = zh_own_account());
ALTER POLICY person_seen ON person USING (area_lo <@ (SELECT zh_seen_areas()) OR id = (SELECT zh_seen_person())
    OR id = (SELECT zh_own_person()));
ALTER POLICY person_fact_seen ON person_fact USING (person_id = (SELECT zh_seen_person())
    OR person_id = (SELECT zh_own_person()) OR (SELECT zh_sees_all()));
ALTER POLICY look_seen ON look USING (person_id = (SELECT zh_seen_person())
    OR person_id = (SELECT zh_own_person()) OR (SELECT zh_sees_all()));
