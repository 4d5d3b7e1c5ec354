-- Room exchange: connectors and the envelopes they brought.

CREATE TABLE connector (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL UNIQUE,
    account_id bigint NOT NULL UNIQUE REFERENCES account,
    org_id     integer NOT NULL REFERENCES organisation,
    provenance text NOT NULL CHECK (provenance IN ('real', 'replayed', 'synthetic')) -- of what it brings
);

CREATE TABLE envelope (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id integer NOT NULL REFERENCES connector,
    key          text,                   -- the sender's own number: the same envelope is taken once
    received_at  timestamptz NOT NULL,   -- machine time
    at           timestamptz NOT NULL,   -- district time
    content_type text NOT NULL,
    size         integer NOT NULL,
    digest       bytea NOT NULL,         -- sha256 of the raw bytes
    raw          bytea,                  -- kept 30 days
    accepted     integer NOT NULL DEFAULT 0,
    duplicate    integer NOT NULL DEFAULT 0,
    quarantined  integer NOT NULL DEFAULT 0,
    UNIQUE (connector_id, key)
);
CREATE INDEX envelope_raw ON envelope (received_at) WHERE raw IS NOT NULL;

-- lz4 takes a batch of readings several times faster than the default; a server built without it keeps the default.
DO $$
BEGIN
    ALTER TABLE envelope ALTER COLUMN raw SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;

-- Take an envelope. With a key that was used before, write nothing and tell what became of the first; a second sender of
-- the same key waits here until the first has committed.
CREATE FUNCTION zh_receive(p_connector integer, p_key text, p_received timestamptz, p_at timestamptz, p_type text,
    p_raw bytea, p_digest bytea)
RETURNS TABLE (id bigint, repeated boolean, same boolean, accepted integer, duplicate integer, quarantined integer)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY INSERT INTO envelope AS e (connector_id, key, received_at, at, content_type, size, digest, raw)
        VALUES (p_connector, p_key, p_received, p_at, p_type, length(p_raw), p_digest, p_raw)
        ON CONFLICT (connector_id, key) DO NOTHING
        RETURNING e.id, false, true, 0, 0, 0;
    IF NOT FOUND THEN
        RETURN QUERY SELECT e.id, true, e.digest = p_digest, e.accepted, e.duplicate, e.quarantined
            FROM envelope e WHERE e.connector_id = p_connector AND e.key = p_key;
    END IF;
END $$;

-- Write on an envelope what became of it; called by the room that kept its contents, in the same transaction.
CREATE FUNCTION zh_envelope_close(p_id bigint, p_accepted integer, p_duplicate integer, p_quarantined integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE envelope SET accepted = p_accepted, duplicate = p_duplicate, quarantined = p_quarantined WHERE id = p_id;
END $$;

-- Requests that were turned away before they became an envelope, counted where an operator sees them.
CREATE TABLE turned_away (
    day     date NOT NULL,               -- of machine time, UTC
    reason  text NOT NULL,
    n       bigint NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (day, reason)
);
