-- Room cases: cases brought in from a former system, many by one act.

-- What has been brought in, by the name of the batch in the system it comes from: no batch twice.
CREATE TABLE case_batch (
    source     text PRIMARY KEY CHECK (source <> ''),
    n          integer NOT NULL,
    brought_at timestamptz NOT NULL      -- machine time
);

-- Where a batch is laid before it is brought in, for this transaction alone; `line` is its case's place in the batch.
CREATE FUNCTION zh_case_stage() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE brought_case (
        id bigint NOT NULL DEFAULT nextval('cases_id_seq'), line integer NOT NULL, prefix text, type_no integer,
        version integer, org_id integer, area_id integer, cell text, lon double precision, lat double precision, facts jsonb,
        state text, opened_at timestamptz, due_at timestamptz, closed_at timestamptz, closing text, late boolean,
        rework integer, provenance text, seq integer, last_h bytea) ON COMMIT DROP;
    CREATE TEMP TABLE brought_task (
        id bigint NOT NULL DEFAULT nextval('task_id_seq'), line integer NOT NULL, no integer NOT NULL, step text, role text,
        org_id integer, round integer, state text, opened_at timestamptz, sort_at timestamptz, done_at timestamptz,
        outcome text, note text) ON COMMIT DROP;
    CREATE TEMP TABLE brought_clock (
        id bigint NOT NULL DEFAULT nextval('clock_id_seq'), line integer NOT NULL, no integer, name text, sort text, state text, started_at timestamptz,
        due_at timestamptz, warn_at timestamptz, next_at timestamptz, stopped_at timestamptz, warned_at timestamptz,
        breached_at timestamptz, limits jsonb, events jsonb, calendar text, provisional boolean) ON COMMIT DROP;
    CREATE TEMP TABLE brought_entry (line integer NOT NULL, seq integer NOT NULL, act text, data text) ON COMMIT DROP;
END $$;

-- The chains of a batch: all first entries, then all second ones and so on, each with the hash of the one before it.
CREATE FUNCTION zh_case_bring_chains(p_actor bigint, p_sort text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE d record; place integer;
BEGIN
    SELECT x.era, x.mode INTO d FROM district x;
    FOR place IN SELECT DISTINCT b.seq FROM brought_entry b ORDER BY 1 LOOP
        WITH made AS (
            INSERT INTO journal_entry AS j OVERRIDING SYSTEM VALUE
            SELECT (m.e).id, (m.e).era, (m.e).xid, (m.e).recorded_at, (m.e).at, (m.e).mode, (m.e).actor, (m.e).sort,
                (m.e).act, (m.e).noun, (m.e).subject, (m.e).case_id, (m.e).case_seq, (m.e).case_prev, (m.e).data,
                zh_entry_hash(m.e)
            FROM (SELECT ROW(nextval('journal_entry_id_seq'), coalesce(d.era, 1), pg_current_xact_id(), clock_timestamp(), p_at,
                      coalesce(d.mode, 'live'), p_actor, p_sort, b.act, 'case', c.id, c.id, b.seq, c.last_h, b.data,
                      NULL)::journal_entry AS e
                  FROM brought_entry b JOIN brought_case c ON c.line = b.line WHERE b.seq = place ORDER BY c.id OFFSET 0) m
            RETURNING j.case_id, j.h)
        UPDATE brought_case c SET last_h = made.h FROM made WHERE c.id = made.case_id;
    END LOOP;
END $$;

-- Bring in what was laid there: cases with their numbers, tasks, clocks and chains. No event is emitted. Places in the
-- trees are looked up here, as when a case opens; a batch of a name that was there before is refused (ZH409).
CREATE FUNCTION zh_case_bring_in(p_actor bigint, p_sort text, p_at timestamptz, p_source text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE n integer; m text := coalesce((SELECT d.mode FROM district d), 'live');
BEGIN
    LOCK TABLE cases IN ROW EXCLUSIVE MODE;
    SELECT count(*) INTO n FROM brought_case;
    INSERT INTO case_batch (source, n, brought_at) VALUES (p_source, n, clock_timestamp()) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RAISE EXCEPTION 'brought in before' USING ERRCODE = 'ZH409'; END IF;
    PERFORM zh_case_bring_chains(p_actor, p_sort, p_at);
    INSERT INTO cases (id, number, type_no, version, org_id, org_lo, area_id, area_lo, cell, lon, lat, facts, state, opened_at,
            due_at, closed_at, closing, late, rework, mode, provenance, seq, last_h) OVERRIDING SYSTEM VALUE
        SELECT c.id, c.prefix || lpad(r.no, greatest(6, length(r.no)), '0'), c.type_no, c.version, c.org_id, o.lo, c.area_id,
            a.lo, c.cell, c.lon, c.lat, c.facts, c.state, c.opened_at, c.due_at, c.closed_at, c.closing, c.late, c.rework, m,
            c.provenance, c.seq, c.last_h
        FROM (SELECT x.id, nextval('case_number')::text AS no FROM (SELECT b.id FROM brought_case b ORDER BY b.id) x) r
            JOIN brought_case c ON c.id = r.id JOIN organisation o ON o.id = c.org_id JOIN area a ON a.id = c.area_id;
    INSERT INTO task (id, case_id, type_no, step, role, org_id, org_lo, area_lo, round, state, opened_at, sort_at, done_at,
            outcome, note) OVERRIDING SYSTEM VALUE
        SELECT t.id, c.id, c.type_no, t.step, t.role, t.org_id, o.lo, a.lo, t.round, t.state, t.opened_at, t.sort_at, t.done_at,
            t.outcome, t.note
        FROM brought_task t JOIN brought_case c ON c.line = t.line JOIN organisation o ON o.id = t.org_id
            JOIN area a ON a.id = c.area_id ORDER BY t.id;
    INSERT INTO clock (id, case_id, task_id, name, sort, state, started_at, due_at, warn_at, next_at, stopped_at, warned_at,
            breached_at, limits, events, calendar, provisional) OVERRIDING SYSTEM VALUE
        SELECT k.id, c.id, t.id, k.name, k.sort, k.state, k.started_at, k.due_at, k.warn_at, k.next_at, k.stopped_at, k.warned_at,
            k.breached_at, k.limits, k.events, k.calendar, k.provisional
        FROM brought_clock k JOIN brought_case c ON c.line = k.line
            LEFT JOIN brought_task t ON t.line = k.line AND t.no = k.no ORDER BY k.id;
    RETURN n;
END $$;
