-- Room services: the papers of a matter (文书), called for by what happened, then set in type, sealed and kept as they are.

CREATE TABLE paper (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id bigint NOT NULL REFERENCES application,
    n              smallint NOT NULL CHECK (n > 0),  -- of this matter
    event          bigint NOT NULL UNIQUE,           -- by which it was called for, once
    sort           text NOT NULL,                    -- what the kind of case calls it
    step           text,                             -- that ended; NULL: the receipt
    outcome        text,
    at             timestamptz NOT NULL,             -- district time: when what it says came about
    failures       smallint NOT NULL DEFAULT 0,      -- of making it, in a row
    next_at        timestamptz NOT NULL DEFAULT '-infinity', -- machine time: not tried before
    org_id         integer REFERENCES organisation,  -- who says it; NULL until it is made, as all below
    made_at        timestamptz,                      -- machine time
    digest         bytea CHECK (octet_length(digest) = 32),
    sealing        text,                             -- the code of its electronic seal; NULL: it has none
    sealed_with    text,                             -- the name of the key
    content        bytea,                            -- PDF, sealed, bound to this row
    UNIQUE (application_id, n),
    CHECK ((step IS NULL) = (outcome IS NULL) AND (made_at IS NULL) = (content IS NULL)
        AND (made_at IS NULL) = (digest IS NULL) AND (made_at IS NULL) = (sealed_with IS NULL)
        AND (made_at IS NULL) = (org_id IS NULL))
);
ALTER TABLE paper ALTER COLUMN content SET STORAGE EXTERNAL; -- what is sealed can not be compressed
CREATE INDEX paper_waiting ON paper (next_at, id) WHERE made_at IS NULL;
ALTER TABLE paper ENABLE ROW LEVEL SECURITY;
ALTER TABLE paper FORCE ROW LEVEL SECURITY;
CREATE POLICY paper_seen ON paper USING (EXISTS (SELECT FROM application a WHERE a.id = application_id));
