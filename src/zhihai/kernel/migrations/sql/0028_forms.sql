-- Room forms: what was asked in each version, drafts, what was sent, and files. What people wrote is sealed.

-- A version as it was used: the definition and its words in both languages, never changed.
CREATE TABLE form_version (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    form         text NOT NULL,                 -- full name of the kind
    version      integer NOT NULL,
    valid_from   date NOT NULL,
    definition   json NOT NULL,
    words        json NOT NULL,
    digest       bytea NOT NULL CHECK (octet_length(digest) = 32), -- of definition and words
    uploaded     boolean NOT NULL,              -- else it stands in the code of a pack
    at           timestamptz NOT NULL,          -- district time, when it was recorded or proposed
    proposed_by  bigint NOT NULL,
    decided_at   timestamptz,
    decided_by   bigint,
    published    boolean NOT NULL,
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK (NOT published OR NOT uploaded OR decided_by IS NOT NULL),
    CHECK (decided_by <> proposed_by OR NOT published) -- published by another than who proposed it
);
CREATE UNIQUE INDEX form_version_digest ON form_version (form, digest);
CREATE UNIQUE INDEX form_version_published ON form_version (form, version) WHERE uploaded AND published;
CREATE INDEX form_version_waiting ON form_version (id) WHERE decided_at IS NULL AND uploaded;
CREATE FUNCTION zh_form_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.form, OLD.version, OLD.digest, OLD.definition::text, OLD.words::text) IS DISTINCT FROM
       (NEW.form, NEW.version, NEW.digest, NEW.definition::text, NEW.words::text) OR OLD.decided_at IS NOT NULL THEN
        RAISE EXCEPTION 'a version of a form is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER form_version_stays BEFORE UPDATE ON form_version FOR EACH ROW EXECUTE FUNCTION zh_form_version_stays();

CREATE TABLE form_draft (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text NOT NULL UNIQUE,            -- random: an address that nobody guesses
    account_id bigint NOT NULL REFERENCES account,
    tie_id     bigint REFERENCES tie,           -- in whose name it is written
    version_id bigint NOT NULL REFERENCES form_version,
    subject    text NOT NULL,                   -- what it is for, as the room above names it
    title      text NOT NULL,
    sealed     text NOT NULL,                   -- the answers, bound to this row
    revision   integer NOT NULL DEFAULT 1,
    begun_at   timestamptz NOT NULL,            -- district time, both
    saved_at   timestamptz NOT NULL
);
CREATE INDEX form_draft_account ON form_draft (account_id, id);
CREATE INDEX form_draft_saved ON form_draft (saved_at, id);

-- What was sent, frozen.
CREATE TABLE form_submission (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL UNIQUE,
    draft_key   text NOT NULL UNIQUE,           -- sent once
    account_id  bigint NOT NULL REFERENCES account, -- who gave it in
    person_id   bigint REFERENCES person,       -- whom it is for; NULL: an account that nobody was shown for
    tie_id      bigint REFERENCES tie,
    way         text NOT NULL CHECK (way IN ('hall', 'window', 'helper')),
    version_id  bigint NOT NULL REFERENCES form_version,
    subject     text NOT NULL,
    title       text NOT NULL,
    sealed      text NOT NULL,                  -- the document, bound to this row
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32), -- SHA-256 of the document
    at          timestamptz NOT NULL,           -- district time
    recorded_at timestamptz NOT NULL
);
CREATE INDEX form_submission_account ON form_submission (account_id, id);
CREATE INDEX form_submission_person ON form_submission (person_id, id);
CREATE INDEX form_submission_key ON form_submission (split_part(sealed, ':', 1), id);

CREATE TABLE form_file (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           text NOT NULL UNIQUE,
    account_id    bigint NOT NULL REFERENCES account,
    draft_id      bigint REFERENCES form_draft ON DELETE CASCADE,
    submission_id bigint REFERENCES form_submission,
    field         text NOT NULL,
    name          text NOT NULL,                -- sealed
    sort          text NOT NULL,
    size          bigint NOT NULL CHECK (size > 0),
    digest        bytea NOT NULL CHECK (octet_length(digest) = 32),
    sealed_with   text NOT NULL,                -- the name of the key
    content       bytea NOT NULL,               -- sealed, bound to this row
    at            timestamptz NOT NULL,         -- district time
    CHECK ((draft_id IS NULL) <> (submission_id IS NULL))
);
ALTER TABLE form_file ALTER COLUMN content SET STORAGE EXTERNAL; -- what is sealed can not be compressed
CREATE INDEX form_file_draft ON form_file (draft_id, id) WHERE draft_id IS NOT NULL;
CREATE INDEX form_file_submission ON form_file (submission_id, id) WHERE submission_id IS NOT NULL;
CREATE INDEX form_file_key ON form_file (sealed_with, id);

-- What was sent is never changed but by sealing it anew.
CREATE FUNCTION zh_form_submission_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.key, OLD.digest, OLD.version_id, OLD.account_id, OLD.person_id, OLD.subject, OLD.at)
        IS DISTINCT FROM (NEW.key, NEW.digest, NEW.version_id, NEW.account_id, NEW.person_id, NEW.subject, NEW.at) THEN
        RAISE EXCEPTION 'what was sent is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER form_submission_stays BEFORE UPDATE OR DELETE ON form_submission
    FOR EACH ROW EXECUTE FUNCTION zh_form_submission_stays();

ALTER TABLE form_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE form_draft FORCE ROW LEVEL SECURITY;
CREATE POLICY form_draft_seen ON form_draft USING (account_id = (SELECT zh_own_account()) OR (SELECT zh_sees_all()));
ALTER TABLE form_submission ENABLE ROW LEVEL SECURITY;
ALTER TABLE form_submission FORCE ROW LEVEL SECURITY;
CREATE POLICY form_submission_seen ON form_submission USING (account_id = (SELECT zh_own_account())
    OR person_id = (SELECT zh_proved_person()) OR (SELECT zh_sees_all()));
ALTER TABLE form_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE form_file FORCE ROW LEVEL SECURITY;
CREATE POLICY form_file_seen ON form_file USING (account_id = (SELECT zh_own_account()) OR (SELECT zh_sees_all()));
