-- Room trust: machines that read identity cards at the counters of an office (居民身份证阅读机具).

CREATE TABLE card_reader (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES organisation,
    name            text NOT NULL,                   -- where it stands, as the official knows it
    address         text NOT NULL,                   -- of its service, on the counter's own machine
    key             bytea CHECK (octet_length(key) = 32), -- Ed25519; NULL for one that does not sign
    open            boolean NOT NULL,
    changed_at      timestamptz NOT NULL,            -- district time
    UNIQUE (organisation_id, name)
);

-- That the card of a person lay on a machine before an official. What stood on it is not kept:
-- the rows say numbers, as the journal does, and need no second wall.

CREATE TABLE card_reading (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reader_id   integer NOT NULL REFERENCES card_reader,
    account_id  bigint NOT NULL,                     -- the official who says that it was so
    person_id   bigint NOT NULL REFERENCES person,
    proof       text NOT NULL CHECK (proof IN ('read', 'signed')),
    device      text NOT NULL,                       -- the serial that the machine told
    same_name   boolean NOT NULL,                    -- the name on the card is the name on record
    simulated   boolean NOT NULL,
    at          timestamptz NOT NULL,                -- district time
    recorded_at timestamptz NOT NULL                 -- machine time
);
CREATE INDEX card_reading_person ON card_reading (person_id, id DESC);
CREATE INDEX card_reading_account ON card_reading (account_id, recorded_at DESC);
