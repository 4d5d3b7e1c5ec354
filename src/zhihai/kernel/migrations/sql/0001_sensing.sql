-- Room sensing: devices, datastreams, observations by month, latest values, quarantine.

CREATE TABLE device (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL UNIQUE,
    kind       text NOT NULL,            -- full name of the device kind
    name_zh    text NOT NULL,
    name_en    text NOT NULL,
    org_id     integer NOT NULL REFERENCES organisation,
    area_id    integer NOT NULL REFERENCES area,
    cell       text,
    lon        double precision NOT NULL,
    lat        double precision NOT NULL,
    accuracy_m double precision NOT NULL DEFAULT 0, -- 0: exact; else an approximate position
    morton     bigint NOT NULL,
    belongs    text NOT NULL CHECK (belongs IN ('own', 'received')), -- received: never the ground of a case
    since      date,                     -- first and last local day it measures; NULL: unknown, not ended
    until      date CHECK (until >= since),
    provenance text NOT NULL CHECK (provenance IN ('real', 'replayed', 'synthetic'))
);
CREATE INDEX device_kind ON device (kind, id);
CREATE INDEX device_morton ON device (morton);

CREATE TABLE datastream (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id integer NOT NULL REFERENCES device,
    quantity  text NOT NULL,             -- full name of the quantity
    derived   boolean NOT NULL DEFAULT false,
    every_s   integer NOT NULL CHECK (every_s > 0), -- expected interval in seconds
    stale_s   integer NOT NULL CHECK (stale_s > 0), -- how late a value may be before its device counts as silent
    version   integer NOT NULL DEFAULT 0, -- of the derivation its values were computed by; 0: measured
    UNIQUE (device_id, quantity)
);

-- Grows whenever a device or datastream changes: every process keeps a copy of them and asks whether it still holds.
-- A time, so that copies of one database never agree by chance.
CREATE TABLE sensing_version (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL
);
INSERT INTO sensing_version (version) VALUES (0);

CREATE TABLE observation (
    datastream_id integer NOT NULL,
    at            timestamptz NOT NULL,  -- begin of the interval measured
    value         double precision NOT NULL,
    flags         smallint NOT NULL DEFAULT 0,
    envelope_id   bigint,                -- NULL: derived by the platform
    recorded_at   timestamptz NOT NULL,  -- machine time
    note          text,                  -- short code that a derived value carries
    PRIMARY KEY (datastream_id, at)
) PARTITION BY RANGE (at);

-- Make the month's partition if it is missing. It is made beside and then attached, since CREATE … PARTITION OF would
-- lock out every reader and writer; the lock we take is the one ATTACH needs. Two callers at once do no harm: the second
-- waits and finds it made (an advisory lock would not do: only a lock on a table lets one see what is new in the catalog).
CREATE FUNCTION zh_observation_month(p_month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'observation_' || to_char(p_month, 'YYYYMM');
    begins timestamptz := p_month::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (p_month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(name) IS NULL THEN
        LOCK TABLE observation IN SHARE UPDATE EXCLUSIVE MODE;
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE observation INCLUDING ALL)', name);
            EXECUTE format('ALTER TABLE observation ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, begins, ends);
        END IF;
    END IF;
END $$;

CREATE TABLE latest (
    datastream_id integer PRIMARY KEY REFERENCES datastream,
    at            timestamptz NOT NULL,
    value         double precision NOT NULL,
    flags         smallint NOT NULL DEFAULT 0,
    note          text,
    before        timestamptz            -- instant of the value before it: whether it has just come back from silence
) WITH (fillfactor = 45); -- a page has room for a new version of every row: updates stay on it and touch no index

CREATE TABLE quarantine (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    envelope_id bigint NOT NULL REFERENCES envelope,
    position    integer NOT NULL,        -- which reading of the envelope, from 0
    reason      text NOT NULL,           -- key quarantine.<reason> of the words
    facts       jsonb NOT NULL,
    reading     jsonb NOT NULL,          -- as it was sent
    at          timestamptz NOT NULL,    -- district time of arrival
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'released', 'discarded')),
    decided_by  bigint,
    decided_at  timestamptz,
    note        text NOT NULL DEFAULT ''
);
CREATE INDEX quarantine_open ON quarantine (id) WHERE state = 'open';
CREATE INDEX quarantine_envelope ON quarantine (envelope_id, position);

-- The bytes by which a row enters the digest that the journal notes of its envelope.
CREATE FUNCTION zh_observation_bytes(p_stream integer, p_at timestamptz, p_value double precision, p_flags smallint)
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT int4send(p_stream) || timestamptz_send(p_at) || float8send(p_value) || int2send(p_flags) $$;

-- Bring the latest values up to date: p_newest are the positions of the last row of each stream, in order of stream,
-- p_before the instant of the row before it, -infinity where there is none. A plain UPDATE costs half of what ON CONFLICT
-- does, which locks each row first. The settings leave only plans that go through the rows in order of stream, so that two
-- writers can not lock each other out.
CREATE FUNCTION zh_latest(p_stream integer[], p_at timestamptz[], p_value double precision[], p_flags smallint[],
    p_newest integer[], p_before timestamptz[])
RETURNS void LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE n integer;
BEGIN
    UPDATE latest l SET at = p_at[r.i], value = p_value[r.i], flags = p_flags[r.i], note = NULL,
            before = greatest(l.at, nullif(r.b, '-infinity'))
        FROM unnest(p_newest, p_before) AS r(i, b)
        WHERE l.datastream_id = p_stream[r.i] AND l.at < p_at[r.i];
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < cardinality(p_newest) THEN -- some are older than what is known, or the first of their stream
        INSERT INTO latest AS l (datastream_id, at, value, flags, before)
            SELECT p_stream[r.i], p_at[r.i], p_value[r.i], p_flags[r.i], nullif(r.b, '-infinity')
            FROM unnest(p_newest, p_before) WITH ORDINALITY AS r(i, b, n)
            WHERE NOT EXISTS (SELECT FROM latest x WHERE x.datastream_id = p_stream[r.i]) ORDER BY r.n
            ON CONFLICT (datastream_id) DO UPDATE SET at = EXCLUDED.at, value = EXCLUDED.value, flags = EXCLUDED.flags,
                note = NULL, before = greatest(l.at, EXCLUDED.before)
            WHERE l.at < EXCLUDED.at;
    END IF;
END $$;

-- Keep observations and the latest values; the first value of an instant stays. Rows must come ordered by (stream, time), each pair once: two
-- writers then take their locks in one order. p_digest is the digest of all rows. Where some were known already, streams
-- and instants tell the new ones and digest is theirs; where all are new, they are empty.
CREATE FUNCTION zh_observe(p_envelope bigint, p_recorded timestamptz, p_months date[], p_stream integer[], p_at timestamptz[],
    p_value double precision[], p_flags smallint[], p_newest integer[], p_before timestamptz[], p_digest bytea,
    OUT accepted integer, OUT digest bytea, OUT streams integer[], OUT instants timestamptz[])
LANGUAGE plpgsql AS $$
DECLARE m date;
BEGIN
    FOREACH m IN ARRAY p_months LOOP PERFORM zh_observation_month(m); END LOOP;
    WITH fresh AS (
        INSERT INTO observation AS o (datastream_id, at, value, flags, envelope_id, recorded_at)
        SELECT r.s, r.t, r.v, r.f, p_envelope, p_recorded
        FROM unnest(p_stream, p_at, p_value, p_flags) WITH ORDINALITY AS r(s, t, v, f, n) ORDER BY r.n
        ON CONFLICT DO NOTHING RETURNING o.datastream_id, o.at)
    SELECT count(*), coalesce(array_agg(f.datastream_id), '{}'), coalesce(array_agg(f.at), '{}')
        INTO accepted, streams, instants FROM fresh f;
    IF accepted = cardinality(p_stream) THEN
        digest := p_digest; streams := '{}'; instants := '{}';
    ELSE
        SELECT sha256(coalesce(string_agg(zh_observation_bytes(r.s, r.t, r.v, r.f), '' ORDER BY r.s, r.t), '')) INTO digest
            FROM unnest(p_stream, p_at, p_value, p_flags) AS r(s, t, v, f)
            JOIN unnest(streams, instants) AS f(s, t) ON f.s = r.s AND f.t = r.t;
    END IF;
    PERFORM zh_latest(p_stream, p_at, p_value, p_flags, p_newest, p_before);
END $$;

-- Set readings aside, each with its reason, beside the envelope that brought them.
CREATE FUNCTION zh_set_aside(p_envelope bigint, p_at timestamptz, p_held jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO quarantine (envelope_id, position, reason, facts, reading, at)
    SELECT p_envelope, h.position, h.reason, h.facts, h.reading, p_at
    FROM jsonb_to_recordset(p_held) AS h(position integer, reason text, facts jsonb, reading jsonb) ORDER BY h.position
$$;

-- Record what an envelope brought: observations, latest values, quarantine, counts and one entry. Does nothing and
-- answers with accepted NULL when the devices have changed since the caller looked at them (p_version). p_events are emitted
-- when all rows are new; else the caller has yet to tell which are.
CREATE FUNCTION zh_record(p_version bigint, p_actor bigint, p_sort text, p_district timestamptz, p_envelope bigint,
    p_recorded timestamptz, p_months date[], p_stream integer[], p_at timestamptz[], p_value double precision[],
    p_flags smallint[], p_newest integer[], p_before timestamptz[], p_digest bytea, p_twice integer, p_held jsonb,
    p_topic text, p_events text[],
    OUT accepted integer, OUT duplicate integer, OUT streams integer[], OUT instants timestamptz[])
LANGUAGE plpgsql AS $$
DECLARE kept record; bounds record; held integer := jsonb_array_length(p_held);
BEGIN
    streams := '{}'; instants := '{}';
    IF (SELECT v.version FROM sensing_version v) <> p_version THEN RETURN; END IF;
    SELECT * INTO kept FROM zh_observe(p_envelope, p_recorded, p_months, p_stream, p_at, p_value, p_flags, p_newest,
        p_before, p_digest);
    accepted := kept.accepted; duplicate := cardinality(p_stream) - kept.accepted + p_twice;
    streams := kept.streams; instants := kept.instants;
    IF held > 0 THEN PERFORM zh_set_aside(p_envelope, p_district, p_held); END IF;
    PERFORM zh_envelope_close(p_envelope, accepted, duplicate, held);
    SELECT min(t) AS first, max(t) AS last INTO bounds
        FROM unnest(CASE WHEN accepted = cardinality(p_stream) THEN p_at ELSE instants END) AS t;
    PERFORM zh_journal(p_actor, p_sort, 'sensing.record', 'envelope', p_envelope, p_district, json_build_object(
        'accepted', accepted, 'digest', (SELECT encode(e.digest, 'hex') FROM envelope e WHERE e.id = p_envelope),
        'duplicate', duplicate, 'first', bounds.first, 'last', bounds.last, 'quarantined', held,
        'rows', encode(kept.digest, 'hex'))::text);
    IF accepted = cardinality(p_stream) THEN PERFORM zh_emit(p_topic, p_district, e) FROM unnest(p_events) AS e; END IF;
END $$;

-- Write what a derivation gave: values that changed (ordered by stream and time), and the instants at which there is none
-- any more; then the latest of each stream.
CREATE FUNCTION zh_derive(p_recorded timestamptz, p_months date[], p_stream integer[], p_at timestamptz[],
    p_value double precision[], p_flags smallint[], p_note text[], p_newest integer[], p_gone_stream integer[],
    p_gone_at timestamptz[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE m date;
BEGIN
    FOREACH m IN ARRAY p_months LOOP PERFORM zh_observation_month(m); END LOOP;
    INSERT INTO observation AS o (datastream_id, at, value, flags, recorded_at, note)
        SELECT r.s, r.t, r.v, r.f, p_recorded, r.c
        FROM unnest(p_stream, p_at, p_value, p_flags, p_note) WITH ORDINALITY AS r(s, t, v, f, c, n) ORDER BY r.n
        ON CONFLICT (datastream_id, at) DO UPDATE SET value = EXCLUDED.value, flags = EXCLUDED.flags, note = EXCLUDED.note,
            recorded_at = EXCLUDED.recorded_at;
    IF cardinality(p_gone_stream) > 0 THEN
        DELETE FROM observation o USING unnest(p_gone_stream, p_gone_at) AS g(s, t) WHERE o.datastream_id = g.s AND o.at = g.t;
        DELETE FROM latest l USING unnest(p_gone_stream, p_gone_at) AS g(s, t) WHERE l.datastream_id = g.s AND l.at = g.t;
        INSERT INTO latest (datastream_id, at, value, flags, note)
            SELECT n.datastream_id, n.at, n.value, n.flags, n.note
            FROM (SELECT DISTINCT x.id FROM unnest(p_gone_stream) AS x(id)) s
            CROSS JOIN LATERAL (SELECT * FROM observation o WHERE o.datastream_id = s.id ORDER BY o.at DESC LIMIT 1) n
            ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO latest AS l (datastream_id, at, value, flags, note)
        SELECT p_stream[r.i], p_at[r.i], p_value[r.i], p_flags[r.i], p_note[r.i]
        FROM unnest(p_newest) WITH ORDINALITY AS r(i, n) ORDER BY r.n
        ON CONFLICT (datastream_id) DO UPDATE SET at = EXCLUDED.at, value = EXCLUDED.value, flags = EXCLUDED.flags,
            note = EXCLUDED.note
        WHERE l.at <= EXCLUDED.at;
END $$;
