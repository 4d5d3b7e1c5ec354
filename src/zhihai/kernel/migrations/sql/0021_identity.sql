-- Room identity: who acts for whom, within which scope and term; people who stood at a window without an account.

CREATE TABLE tie (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL,                 -- full name of its kind
    principal_id bigint NOT NULL REFERENCES person,
    acting_id    bigint NOT NULL REFERENCES person,
    services     text[] CHECK (cardinality(services) > 0), -- full names of what may be done; NULL: all there is
    valid_from   timestamptz NOT NULL,          -- district time, all of them
    valid_to     timestamptz,                   -- NULL: until it is ended
    ground       text NOT NULL,                 -- by what the will of the principal, or the law's, was shown
    evidence     text NOT NULL,                 -- the document it rests on
    renews_id    bigint REFERENCES tie,
    at           timestamptz NOT NULL,
    actor        bigint NOT NULL,
    accepted_at  timestamptz,                   -- NULL: whoever is to act has not agreed yet
    ended_at     timestamptz,
    ended_by     bigint,
    ended_why    text,
    CHECK (principal_id <> acting_id),
    CHECK (valid_from < valid_to),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended_why IS NULL))
);
CREATE INDEX tie_acting ON tie (acting_id, id);
CREATE INDEX tie_principal ON tie (principal_id, id);

-- How long a kind of tie may last at most here, where the district has set it.
CREATE TABLE tie_term (
    kind   text PRIMARY KEY,
    days   integer NOT NULL CHECK (days > 0),
    source text NOT NULL,
    at     timestamptz NOT NULL
);

-- Who stood at a window with a document, and was registered there: level 3 without an account.
CREATE TABLE person_shown (
    person_id bigint NOT NULL REFERENCES person,
    document  text NOT NULL,
    at        timestamptz NOT NULL,             -- district time
    actor     bigint NOT NULL
);
CREATE INDEX person_shown_person ON person_shown (person_id);

ALTER TABLE look ADD COLUMN tie_id bigint REFERENCES tie; -- by whoever acted for the person

-- A name and a number open no tie: only whoever stood at a window is a party to one.
CREATE FUNCTION zh_proved_person() RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT t.person_id FROM account_person t WHERE t.account_id = zh_own_account() AND t.level = 3);
ALTER TABLE tie ENABLE ROW LEVEL SECURITY;
ALTER TABLE tie FORCE ROW LEVEL SECURITY;
CREATE POLICY tie_seen ON tie USING (principal_id = (SELECT zh_seen_person()) OR acting_id = (SELECT zh_seen_person())
    OR principal_id = (SELECT zh_proved_person()) OR acting_id = (SELECT zh_proved_person())
    OR (SELECT zh_sees_all()));
ALTER TABLE person_shown ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_shown FORCE ROW LEVEL SECURITY;
CREATE POLICY person_shown_seen ON person_shown
    USING (person_id = (SELECT zh_seen_person()) OR (SELECT zh_sees_all()));

-- What somebody said against a look at their data; the case that it becomes knows the look alone.
CREATE TABLE look_complaint (
    look_id    bigint PRIMARY KEY REFERENCES look,
    person_id  bigint NOT NULL REFERENCES person,
    said       text NOT NULL,
    account_id bigint NOT NULL,
    tie_id     bigint REFERENCES tie,           -- by whoever acted for the person
    at         timestamptz NOT NULL             -- district time
);
CREATE INDEX look_complaint_person ON look_complaint (person_id, look_id);
ALTER TABLE look_complaint ENABLE ROW LEVEL SECURITY;
ALTER TABLE look_complaint FORCE ROW LEVEL SECURITY;
CREATE POLICY look_complaint_seen ON look_complaint USING (person_id = (SELECT zh_seen_person())
    OR person_id = (SELECT zh_proved_person()) OR (SELECT zh_sees_all()));
