-- What was promised for one case alone (承诺时限): amount, unit and source by clock of its kind, in place of the kind's own
-- and of what the district set. NULL for nearly all of them.
ALTER TABLE cases ADD COLUMN limits jsonb;

-- Open a case: number, row, tasks, all clocks, journal, events; one statement of the caller, one transaction. Does nothing
-- and answers with NULL when what cases rest on has changed since the caller looked (p_version); nobody can number a tree
-- anew between that look and the end of this. Settings leave only plans that find a row by its key: statistics of a young
-- district say that its tables are empty, and would have them read whole.
CREATE OR REPLACE FUNCTION zh_case_open(p_version bigint, p jsonb, OUT p_case bigint, OUT p_number text) LANGUAGE plpgsql
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
            facts, limits, state, opened_at, due_at, mode, provenance, seq, last_h) OVERRIDING SYSTEM VALUE
        VALUES (p_case, p_number, c.type_no, c.version, d.org, d.org_lo, d.area, d.area_lo, c.cell, c.lon, c.lat, c.subject_noun,
            c.subject_id, c.facts, c.limits, 'open', at, c.due_at, d.mode, c.provenance, 1, h)),
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
