-- Room forms: requests to act for another (代办申请), by a paper that the person signed and the relative sent in. A request
-- gives no right. Whose number it names is looked up by nobody before an official opens it.

CREATE TABLE tie_request (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL UNIQUE,           -- by which it is addressed: drawn, and guessed by nobody
    account_id   bigint NOT NULL REFERENCES account,
    acting_id    bigint NOT NULL REFERENCES person,
    number_index bytea NOT NULL,                 -- keyed digest of the number that was named, as person.number_index
    sealed       text NOT NULL,                  -- name and number as they were written, bound to the key
    kind         text NOT NULL,
    relation     text NOT NULL,
    services     text[],                         -- NULL: all
    valid_to     timestamptz NOT NULL,           -- district time, as at and decided_at
    sort         text NOT NULL,
    size         bigint NOT NULL CHECK (size > 0),
    digest       bytea NOT NULL CHECK (octet_length(digest) = 32),
    sealed_with  text,
    content      bytea,                          -- the scan, sealed, bound to the key; NULL once it went to the tie or is old
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'withdrawn', 'refused', 'accepted')),
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,           -- machine time
    decided_at   timestamptz,
    decided_by   bigint,
    reason       text CHECK (reason IN ('unreadable', 'unsigned', 'differs', 'unproved', 'at_window')),
    tie_id       bigint REFERENCES tie,
    CHECK ((content IS NULL) = (sealed_with IS NULL)),
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CHECK (state <> 'waiting' OR content IS NOT NULL),
    CHECK ((state = 'refused') = (reason IS NOT NULL)),
    CHECK ((state = 'accepted') = (tie_id IS NOT NULL)),
    CHECK (state NOT IN ('refused', 'accepted') OR decided_by <> account_id)
);
ALTER TABLE tie_request ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX tie_request_pair ON tie_request (acting_id, number_index) WHERE state = 'waiting';
CREATE INDEX tie_request_account ON tie_request (account_id, id DESC);
CREATE INDEX tie_request_waiting ON tie_request (id) WHERE state = 'waiting';
CREATE INDEX tie_request_kept ON tie_request (decided_at) WHERE content IS NOT NULL AND state <> 'waiting';
CREATE INDEX tie_request_key ON tie_request (sealed_with, id) WHERE sealed_with IS NOT NULL;
ALTER TABLE tie_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE tie_request FORCE ROW LEVEL SECURITY;
CREATE POLICY tie_request_seen ON tie_request USING (account_id = (SELECT zh_own_account()) OR (SELECT zh_sees_all()));
