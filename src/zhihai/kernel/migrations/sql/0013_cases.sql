-- Room cases: an act is one statement inside one function, and what changes once a month is not asked for at every act.

-- Grows whenever something changes that cases rest on: duties, limits, calendar, trees, case types, what numbers begin with.
-- Every process keeps a copy of these and names the version it reckoned with. A time, so that copies of one database never
-- agree by chance.
CREATE TABLE case_footing (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL
);
INSERT INTO case_footing (version) VALUES ((extract(epoch FROM clock_timestamp()) * 1000000)::bigint);

CREATE FUNCTION zh_case_footing_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_footing SET version = greatest(version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    RETURN NULL;
END $$;
CREATE TRIGGER case_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON duty
    FOR EACH STATEMENT EXECUTE FUNCTION zh_case_footing_moved();
CREATE TRIGGER case_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON limit_setting
    FOR EACH STATEMENT EXECUTE FUNCTION zh_case_footing_moved();
CREATE TRIGGER case_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON calendar_version
    FOR EACH STATEMENT EXECUTE FUNCTION zh_case_footing_moved();
CREATE TRIGGER case_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON area
    FOR EACH STATEMENT EXECUTE FUNCTION zh_case_footing_moved();
CREATE TRIGGER case_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON organisation
    FOR EACH STATEMENT EXECUTE FUNCTION zh_case_footing_moved();
CREATE TRIGGER case_footing AFTER INSERT ON case_type FOR EACH ROW EXECUTE FUNCTION zh_case_footing_moved();
CREATE TRIGGER case_footing AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF zone, facts ON district
    FOR EACH STATEMENT EXECUTE FUNCTION zh_case_footing_moved();

-- Open a case: number, row, tasks, all clocks, journal, events; one statement of the caller, one transaction. Does nothing
-- and answers with NULL when what cases rest on has changed since the caller looked (p_version); nobody can number a tree
-- anew between that look and the end of this. Settings leave only plans that find a row by its key: statistics of a young
-- district say that its tables are empty, and would have them read whole.
DROP FUNCTION zh_case_open(jsonb);
CREATE FUNCTION zh_case_open(p_version bigint, p jsonb, OUT p_case bigint, OUT p_number text) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE c cases; d record; at timestamptz := (p->>'at')::timestamptz; running text; h bytea;
BEGIN
    LOCK TABLE cases IN ROW EXCLUSIVE MODE;
    IF (SELECT f.version FROM case_footing f) <> p_version THEN RETURN; END IF;
    c := jsonb_populate_record(NULL::cases, p->'case');
    SELECT o.id AS org, o.lo AS org_lo, a.id AS area, a.lo AS area_lo, coalesce(x.mode, 'live') AS mode, coalesce(x.era, 1) AS era
        INTO d
        FROM organisation g CROSS JOIN area l JOIN organisation o ON o.id = coalesce(g.successor_id, g.id)
            JOIN area a ON a.id = coalesce(l.successor_id, l.id) LEFT JOIN district x ON true
        WHERE g.id = c.org_id AND l.id = c.area_id;
    running := nextval('case_number'); p_case := nextval('cases_id_seq');
    p_number := (p->>'prefix') || lpad(running, greatest(6, length(running)), '0');
    h := zh_journal((p->>'actor')::bigint, p->>'sort', 'cases.open_case', 'case', p_case, at, p->>'data', p_case, 1, NULL);
    WITH opened AS (
        INSERT INTO cases (id, number, type_no, version, org_id, org_lo, area_id, area_lo, cell, lon, lat, subject_noun, subject_id,
            facts, state, opened_at, due_at, mode, provenance, seq, last_h) OVERRIDING SYSTEM VALUE
        VALUES (p_case, p_number, c.type_no, c.version, d.org, d.org_lo, d.area, d.area_lo, c.cell, c.lon, c.lat, c.subject_noun,
            c.subject_id, c.facts, 'open', at, c.due_at, d.mode, c.provenance, 1, h)),
    waiting AS (
        INSERT INTO task AS w (case_id, type_no, step, role, org_id, org_lo, area_lo, round, state, opened_at, sort_at)
        SELECT p_case, c.type_no, t.step, t.role, o.id, o.lo, d.area_lo, t.round, 'open', at, t.sort_at
        FROM jsonb_to_recordset(p->'tasks') AS t(step text, role text, org_id integer, round integer, sort_at timestamptz)
            JOIN organisation g ON g.id = t.org_id JOIN organisation o ON o.id = coalesce(g.successor_id, g.id)
        RETURNING w.id, w.step),
    started AS (
        INSERT INTO clock (case_id, task_id, name, sort, state, started_at, due_at, warn_at, next_at, limits, events, calendar, provisional)
        SELECT p_case, (SELECT max(w.id) FROM waiting w WHERE w.step = k.step), k.name, k.sort, k.state, k.started_at, k.due_at,
            k.warn_at, k.next_at, k.limits, k.events, k.calendar, k.provisional
        FROM jsonb_to_recordset(p->'clocks') AS k(step text, name text, sort text, state text, started_at timestamptz,
            due_at timestamptz, warn_at timestamptz, next_at timestamptz, limits jsonb, events jsonb, calendar text, provisional boolean))
    INSERT INTO outbox (era, at, topic, body)
        SELECT d.era, at, e->>'topic', ((e->'body') || jsonb_build_object('case', p_case, 'number', p_number))::text
        FROM jsonb_array_elements(p->'events') AS e;
END $$;

-- Change a case: tasks done, moved and opened, clocks changed and started, journal, events. Refuses (ZH409) when the case
-- has moved on since the caller read it (seq), so that all the caller knew of its tasks and clocks still holds: `due` is the
-- earliest due instant of a running clock then, and `tasks_sorted` the place in the inbox of open tasks whose place moves.
CREATE OR REPLACE FUNCTION zh_case_change(p jsonb) RETURNS integer LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE c cases; at timestamptz := (p->>'at')::timestamptz; s jsonb := coalesce(p->'set', '{}'); h bytea;
BEGIN
    LOCK TABLE cases IN ROW EXCLUSIVE MODE;
    SELECT * INTO c FROM cases x WHERE x.id = (p->>'case')::bigint FOR UPDATE;
    IF c.id IS NULL THEN RAISE EXCEPTION 'no such case' USING ERRCODE = 'ZH404'; END IF;
    IF c.seq <> (p->>'seq')::integer THEN RAISE EXCEPTION 'the case has moved on' USING ERRCODE = 'ZH409'; END IF;
    IF jsonb_array_length(p->'tasks_moved') > 0 THEN
        UPDATE task t SET org_id = d.org_id, org_lo = o.lo, moves = t.moves || jsonb_build_array(d.move)
            FROM jsonb_to_recordset(p->'tasks_moved') AS d(id bigint, org_id integer, move jsonb)
                JOIN organisation o ON o.id = d.org_id
            WHERE t.id = d.id AND t.case_id = c.id AND t.done_at IS NULL;
    END IF;
    h := zh_journal((p->>'actor')::bigint, p->>'sort', p->>'act', 'case', c.id, at, p->>'data', c.id, c.seq + 1, c.last_h);
    WITH ended AS (
        UPDATE task t SET state = d.state, done_at = at, actor = (p->>'actor')::bigint, actor_sort = p->>'sort',
            outcome = d.outcome, note = coalesce(d.note, ''), evidence = coalesce(d.evidence, '{}')
        FROM jsonb_to_recordset(p->'tasks_done') AS d(id bigint, state text, outcome text, note text, evidence jsonb)
        WHERE t.id = d.id AND t.case_id = c.id AND t.done_at IS NULL),
    sorted AS (
        UPDATE task t SET sort_at = d.sort_at FROM jsonb_to_recordset(p->'tasks_sorted') AS d(id bigint, sort_at timestamptz)
        WHERE t.id = d.id AND t.case_id = c.id AND t.done_at IS NULL),
    turned AS (
        UPDATE clock k SET state = d.state, due_at = d.due_at, warn_at = d.warn_at, next_at = d.next_at, stopped_at = d.stopped_at,
            warned_at = d.warned_at, breached_at = d.breached_at, events = d.events, calendar = d.calendar, provisional = d.provisional
        FROM jsonb_to_recordset(p->'clocks_changed') AS d(id bigint, state text, due_at timestamptz, warn_at timestamptz,
            next_at timestamptz, stopped_at timestamptz, warned_at timestamptz, breached_at timestamptz, events jsonb,
            calendar text, provisional boolean)
        WHERE k.id = d.id AND k.case_id = c.id),
    waiting AS (
        INSERT INTO task AS w (case_id, type_no, step, role, org_id, org_lo, area_lo, round, state, opened_at, sort_at)
        SELECT c.id, c.type_no, t.step, t.role, o.id, o.lo, c.area_lo, t.round, 'open', at, t.sort_at
        FROM jsonb_to_recordset(p->'tasks_new') AS t(step text, role text, org_id integer, round integer, sort_at timestamptz)
            JOIN organisation g ON g.id = t.org_id JOIN organisation o ON o.id = coalesce(g.successor_id, g.id)
        RETURNING w.id, w.step),
    started AS (
        INSERT INTO clock (case_id, task_id, name, sort, state, started_at, due_at, warn_at, next_at, limits, events, calendar, provisional)
        SELECT c.id, coalesce((SELECT max(w.id) FROM waiting w WHERE w.step = k.step), k.task), k.name, k.sort, k.state,
            k.started_at, k.due_at, k.warn_at, k.next_at, k.limits, k.events, k.calendar, k.provisional
        FROM jsonb_to_recordset(p->'clocks_new') AS k(task bigint, step text, name text, sort text, state text,
            started_at timestamptz, due_at timestamptz, warn_at timestamptz, next_at timestamptz, limits jsonb, events jsonb,
            calendar text, provisional boolean)),
    told AS (
        INSERT INTO outbox (era, at, topic, body)
        SELECT coalesce((SELECT x.era FROM district x), 1), at, e->>'topic',
            ((e->'body') || jsonb_build_object('case', c.id, 'number', c.number))::text
        FROM jsonb_array_elements(p->'events') AS e)
    UPDATE cases x SET seq = c.seq + 1, last_h = h, due_at = (p->>'due')::timestamptz,
        state = coalesce(s->>'state', x.state), closed_at = coalesce((s->>'closed_at')::timestamptz, x.closed_at),
        closing = coalesce(s->>'closing', x.closing), late = coalesce((s->>'late')::boolean, x.late),
        rework = coalesce((s->>'rework')::integer, x.rework), facts = x.facts || coalesce(s->'facts', '{}')
        WHERE x.id = c.id;
    RETURN c.seq + 1;
END $$;

DROP FUNCTION zh_tasks_new(cases, jsonb, timestamptz);
DROP FUNCTION zh_clocks_new(bigint, jsonb);
DROP FUNCTION zh_case_due(bigint);
DROP FUNCTION zh_emit_all(timestamptz, bigint, text, jsonb);
