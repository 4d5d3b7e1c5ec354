-- Room journal: the district's clock, the entries, their seals, the outbox, the workers.

CREATE TABLE district (
    single     boolean PRIMARY KEY DEFAULT true CHECK (single),
    code       text NOT NULL,
    name_zh    text NOT NULL,
    name_en    text NOT NULL,
    zone       text NOT NULL,
    mode       text NOT NULL CHECK (mode IN ('live', 'replay', 'frozen')),
    instant    timestamptz,              -- replay and frozen: the district's now
    speed      double precision NOT NULL DEFAULT 1 CHECK (speed >= 0),
    ends_at    timestamptz,              -- replay: the end of its data
    era        integer NOT NULL DEFAULT 1, -- counts moves to another server: transaction ids begin again
    cluster    bigint,                   -- the server this era runs on (pg_control_system)
    provenance text NOT NULL DEFAULT 'real',
    facts      jsonb NOT NULL DEFAULT '{}',
    CHECK (mode = 'live' OR instant IS NOT NULL),
    CHECK (instant <= ends_at)
);

-- The district's now. Live is the machine's clock; a replay stands still between two steps of its worker.
CREATE FUNCTION zh_now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN mode = 'live' THEN clock_timestamp() ELSE instant END FROM district $$;

CREATE TABLE journal_entry (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    era         integer NOT NULL,
    xid         xid8 NOT NULL,
    recorded_at timestamptz NOT NULL,    -- machine time
    at          timestamptz NOT NULL,    -- district time
    mode        text NOT NULL,
    actor       bigint NOT NULL,
    sort        text NOT NULL,
    act         text NOT NULL,
    noun        text NOT NULL,
    subject     bigint,
    case_id     bigint,
    case_seq    integer,
    case_prev   bytea,
    data        text NOT NULL,           -- canonical JSON, kept byte for byte
    h           bytea NOT NULL,
    CHECK (position(E'\n' IN mode || sort || act || noun || data) = 0), -- a line is a line of the canonical bytes
    CHECK ((case_id IS NULL) = (case_seq IS NULL)),
    CHECK (octet_length(case_prev) = 32)
);
CREATE INDEX journal_entry_order ON journal_entry (era, xid, id);
CREATE UNIQUE INDEX journal_entry_case ON journal_entry (case_id, case_seq) WHERE case_id IS NOT NULL;
CREATE INDEX journal_entry_subject ON journal_entry (noun, subject, id) WHERE subject IS NOT NULL;

-- The canonical bytes of an entry are its columns, one a line, the free text last: nothing is kept twice.
CREATE FUNCTION zh_entry_hash(e journal_entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(concat_ws(E'\n', e.id, e.era, e.xid, extract(epoch FROM e.recorded_at),
        extract(epoch FROM e.at), e.mode, e.actor, e.sort, e.act, e.noun, coalesce(e.subject::text, ''),
        coalesce(e.case_id::text, ''), coalesce(e.case_seq::text, ''), coalesce(encode(e.case_prev, 'hex'), ''), e.data), 'UTF8'))
$$;

-- Append one entry in the caller's transaction and return its hash.
CREATE FUNCTION zh_journal(p_actor bigint, p_sort text, p_act text, p_noun text, p_subject bigint, p_at timestamptz,
    p_data text, p_case bigint DEFAULT NULL, p_seq integer DEFAULT NULL, p_prev bytea DEFAULT NULL)
RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE e journal_entry;
BEGIN
    SELECT d.era, d.mode INTO e.era, e.mode FROM district d;
    IF e.era IS NULL THEN e.era := 1; e.mode := 'live'; END IF;
    e.id := nextval('journal_entry_id_seq'); e.xid := pg_current_xact_id();
    e.recorded_at := clock_timestamp(); e.at := p_at; e.actor := p_actor; e.sort := p_sort; e.act := p_act;
    e.noun := p_noun; e.subject := p_subject; e.case_id := p_case; e.case_seq := p_seq; e.case_prev := p_prev;
    e.data := p_data; e.h := zh_entry_hash(e);
    INSERT INTO journal_entry OVERRIDING SYSTEM VALUE VALUES (e.*);
    RETURN e.h;
END $$;

CREATE TABLE journal_seal (
    no        bigint PRIMARY KEY,
    era       integer NOT NULL,
    x0        xid8 NOT NULL,             -- sealed: x0 <= xid < x1
    x1        xid8 NOT NULL,
    n         bigint NOT NULL,
    root      bytea NOT NULL,            -- sha256 over the entries' hashes in order of (xid, id)
    prev      bytea NOT NULL,            -- hash of the seal before; 32 zero bytes for the first
    h         bytea NOT NULL,
    sealed_at timestamptz NOT NULL       -- machine time
);

CREATE FUNCTION zh_seal_hash(s journal_seal) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(concat_ws(E'\n', s.no, s.era, s.x0, s.x1, s.n, encode(s.root, 'hex'), encode(s.prev, 'hex'),
        extract(epoch FROM s.sealed_at)), 'UTF8'))
$$;

CREATE FUNCTION zh_after(x xid8) RETURNS xid8 LANGUAGE sql IMMUTABLE AS $$ SELECT (x::text::numeric + 1)::text::xid8 $$;

-- Write the next seal and return how many entries it holds; 0 when there is nothing to seal or another sealer works.
-- Below the horizon every transaction has ended, so nothing can still slip in behind a sealed range. In an era that is
-- over, all have. A transaction is sealed whole, so a seal may hold more than p_limit entries.
CREATE FUNCTION zh_seal(p_at timestamptz, p_limit integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE last journal_seal; s journal_seal; full_at xid8;
BEGIN
    IF NOT pg_try_advisory_xact_lock(26234, 1) THEN RETURN 0; END IF;
    SELECT * INTO last FROM journal_seal j ORDER BY j.no DESC LIMIT 1;
    SELECT e.era INTO s.era FROM journal_entry e
        WHERE (e.era, e.xid) >= (coalesce(last.era, 0), coalesce(last.x1, '0')) ORDER BY e.era, e.xid LIMIT 1;
    IF s.era IS NULL THEN RETURN 0; END IF;
    s.x0 := CASE WHEN last.era = s.era THEN last.x1 ELSE '0' END;
    IF s.era < (SELECT d.era FROM district d) THEN
        SELECT zh_after(max(e.xid)) INTO s.x1 FROM journal_entry e WHERE e.era = s.era;
    ELSE
        s.x1 := pg_snapshot_xmin(pg_current_snapshot());
    END IF;
    SELECT zh_after(e.xid) INTO full_at FROM journal_entry e WHERE e.era = s.era AND e.xid >= s.x0 AND e.xid < s.x1
        ORDER BY e.era, e.xid, e.id OFFSET p_limit - 1 LIMIT 1;
    s.x1 := coalesce(full_at, s.x1);
    SELECT count(*), sha256(string_agg(e.h, ''::bytea ORDER BY e.xid, e.id)) INTO s.n, s.root
        FROM journal_entry e WHERE e.era = s.era AND e.xid >= s.x0 AND e.xid < s.x1;
    IF s.n = 0 THEN RETURN 0; END IF;
    s.no := coalesce(last.no, 0) + 1; s.prev := coalesce(last.h, decode(repeat('00', 32), 'hex'));
    s.sealed_at := p_at; s.h := zh_seal_hash(s);
    INSERT INTO journal_seal VALUES (s.*);
    RETURN s.n;
END $$;

CREATE FUNCTION zh_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION zh_append_only();
CREATE TRIGGER journal_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_seal
    FOR EACH STATEMENT EXECUTE FUNCTION zh_append_only();

-- The outbox: events of committed transactions, read by listeners in order of (era, xid, id) below the horizon.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    era        integer NOT NULL DEFAULT 1,
    xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at         timestamptz NOT NULL,     -- district time
    emitted_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- machine time
    topic      text NOT NULL,
    body       text NOT NULL
);
CREATE INDEX outbox_order ON outbox (era, xid, id);

CREATE FUNCTION zh_emit(p_topic text, p_at timestamptz, p_body text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (era, at, topic, body) VALUES (coalesce((SELECT era FROM district), 1), p_at, p_topic, p_body)
$$;

CREATE TABLE listener (
    name     text PRIMARY KEY,
    era      integer NOT NULL DEFAULT 1,
    xid      xid8 NOT NULL DEFAULT '0',  -- heard: every event up to (era, xid, id)
    id       bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0, -- of the event that is next, in a row
    failure  text,
    retry_at timestamptz                 -- machine time
);

-- Events a listener failed at too often: it went on without them, and they wait for a person.
CREATE TABLE parked_event (
    listener  text NOT NULL,
    event_id  bigint NOT NULL REFERENCES outbox,
    failure   text NOT NULL,
    parked_at timestamptz NOT NULL,      -- machine time
    PRIMARY KEY (listener, event_id)
);

CREATE TABLE worker (
    name        text PRIMARY KEY,
    holder      text NOT NULL,
    lease_until timestamptz NOT NULL,
    ran_at      timestamptz,
    behind      real NOT NULL DEFAULT 0,
    failures    bigint NOT NULL DEFAULT 0,
    failure     text
);
