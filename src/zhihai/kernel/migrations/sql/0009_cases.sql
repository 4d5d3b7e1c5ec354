-- Room cases: what is open goes over when organisations are reorganised; what is closed stays where it was.

-- One statement for all places that are numbered anew, instead of one for each. Closed cases follow too: who may see them
-- never rests on an old number.
DROP TRIGGER cases_follow ON area;
DROP TRIGGER cases_follow ON organisation;
CREATE OR REPLACE FUNCTION zh_cases_follow_area() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM was JOIN became USING (id) WHERE was.lo <> became.lo) THEN
        LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE;
        UPDATE task t SET area_lo = b.lo FROM cases c JOIN became b ON b.id = c.area_id
            WHERE t.case_id = c.id AND t.area_lo <> b.lo;
        UPDATE cases c SET area_lo = b.lo FROM became b WHERE c.area_id = b.id AND c.area_lo <> b.lo;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION zh_cases_follow_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM was JOIN became USING (id) WHERE was.lo <> became.lo) THEN
        LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE;
        UPDATE task t SET org_lo = b.lo FROM became b WHERE t.org_id = b.id AND t.org_lo <> b.lo;
        UPDATE cases c SET org_lo = b.lo FROM became b WHERE c.org_id = b.id AND c.org_lo <> b.lo;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_follow AFTER UPDATE ON area REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION zh_cases_follow_area();
CREATE TRIGGER cases_follow AFTER UPDATE ON organisation REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION zh_cases_follow_organisation();

-- Duties, open tasks and open cases go over, all in one statement each, with one entry in the chain of every case. Its
-- writers wait, and we for them: whoever read a case before finds that it has moved on.
CREATE FUNCTION zh_cases_succeed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE d record; heir integer; types integer[];
BEGIN
    LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE;
    SELECT x.era, x.mode INTO d FROM district x;
    SELECT o.lo INTO heir FROM organisation o WHERE o.id = NEW.new_id;
    types := ARRAY(SELECT k.no FROM case_type k WHERE NEW.kinds IS NULL OR k.name = ANY(NEW.kinds));
    UPDATE duty SET org_id = NEW.new_id WHERE org_id = NEW.old_id AND (NEW.kinds IS NULL OR kind = ANY(NEW.kinds));
    WITH moved AS (
        UPDATE task t SET org_id = NEW.new_id, org_lo = heir, moves = t.moves || jsonb_build_array(jsonb_build_object(
            'from', NEW.old_id, 'to', NEW.new_id, 'cause', NEW.cause, 'at', NEW.at, 'by', NEW.actor))
        WHERE t.org_id = NEW.old_id AND t.state = 'open' AND t.type_no = ANY(types) RETURNING t.case_id, t.id),
    tasks AS (SELECT m.case_id, json_agg(m.id ORDER BY m.id) AS ids FROM moved m GROUP BY m.case_id),
    going AS (
        SELECT c.id, c.seq, c.last_h, c.org_id = NEW.old_id AND c.type_no = ANY(types) AS led, coalesce(t.ids, '[]') AS ids
        FROM cases c LEFT JOIN tasks t ON t.case_id = c.id
        WHERE c.state = 'open' AND (t.case_id IS NOT NULL OR (c.org_id = NEW.old_id AND c.type_no = ANY(types)))),
    made AS (
        INSERT INTO journal_entry AS j OVERRIDING SYSTEM VALUE
        SELECT (m.e).id, (m.e).era, (m.e).xid, (m.e).recorded_at, (m.e).at, (m.e).mode, (m.e).actor, (m.e).sort, (m.e).act,
            (m.e).noun, (m.e).subject, (m.e).case_id, (m.e).case_seq, (m.e).case_prev, (m.e).data, zh_entry_hash(m.e)
        FROM (SELECT ROW(nextval('journal_entry_id_seq'), coalesce(d.era, 1), pg_current_xact_id(), clock_timestamp(), NEW.at,
                  coalesce(d.mode, 'live'), NEW.actor, NEW.sort, 'cases.go_over', 'case', g.id, g.id, g.seq + 1, g.last_h,
                  json_build_object('from', NEW.old_id, 'led', g.led, 'tasks', g.ids, 'to', NEW.new_id)::text,
                  NULL)::journal_entry AS e
              FROM going g ORDER BY g.id OFFSET 0) m
        RETURNING j.case_id, j.case_seq, j.h)
    UPDATE cases c SET seq = made.case_seq, last_h = made.h,
            org_id = CASE WHEN g.led THEN NEW.new_id ELSE c.org_id END, org_lo = CASE WHEN g.led THEN heir ELSE c.org_lo END
        FROM made JOIN going g ON g.id = made.case_id WHERE c.id = made.case_id;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_succeed AFTER INSERT ON succession FOR EACH ROW EXECUTE FUNCTION zh_cases_succeed();

-- Who read before that something is an organisation's or an area's, and writes after it ended, writes its successor's.
CREATE OR REPLACE FUNCTION zh_tasks_new(p_case cases, p_tasks jsonb, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO task (case_id, type_no, step, role, org_id, org_lo, area_lo, round, state, opened_at, sort_at)
    SELECT p_case.id, p_case.type_no, t.step, t.role, h.id, h.lo, p_case.area_lo, t.round, 'open', p_at, '9000-01-01Z'
    FROM jsonb_to_recordset(p_tasks) AS t(step text, role text, org_id integer, round integer)
    JOIN organisation o ON o.id = t.org_id JOIN organisation h ON h.id = coalesce(o.successor_id, o.id)
$$;
CREATE FUNCTION zh_task_heir() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT h.id, h.lo INTO NEW.org_id, NEW.org_lo FROM organisation o JOIN organisation h ON h.id = coalesce(o.successor_id, o.id)
        WHERE o.id = NEW.org_id;
    RETURN NEW;
END $$;
CREATE TRIGGER task_heir BEFORE UPDATE OF org_id ON task FOR EACH ROW
    WHEN (NEW.state = 'open' AND NEW.org_id <> OLD.org_id) EXECUTE FUNCTION zh_task_heir();

CREATE OR REPLACE FUNCTION zh_case_open(p jsonb) RETURNS TABLE (id bigint, number text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE c cases; at timestamptz := (p->>'at')::timestamptz; running text := nextval('case_number');
BEGIN
    LOCK TABLE cases IN ROW EXCLUSIVE MODE;
    c := jsonb_populate_record(NULL::cases, p->'case');
    SELECT h.id, h.lo INTO c.org_id, c.org_lo FROM organisation o JOIN organisation h ON h.id = coalesce(o.successor_id, o.id)
        WHERE o.id = c.org_id;
    SELECT h.id, h.lo INTO c.area_id, c.area_lo FROM area a JOIN area h ON h.id = coalesce(a.successor_id, a.id)
        WHERE a.id = c.area_id;
    c.id := nextval('cases_id_seq');
    c.number := (p->>'prefix') || lpad(running, greatest(6, length(running)), '0');
    c.state := 'open'; c.opened_at := at; c.seq := 1; c.late := false; c.rework := 0;
    c.mode := coalesce((SELECT d.mode FROM district d), 'live');
    c.due_at := (SELECT min(k.due_at) FROM jsonb_to_recordset(p->'clocks') AS k(state text, due_at timestamptz) WHERE k.state = 'running');
    c.last_h := zh_journal((p->>'actor')::bigint, p->>'sort', 'cases.open_case', 'case', c.id, at, p->>'data', c.id, 1, NULL);
    INSERT INTO cases OVERRIDING SYSTEM VALUE VALUES (c.*);
    PERFORM zh_tasks_new(c, p->'tasks', at);
    PERFORM zh_clocks_new(c.id, p->'clocks');
    PERFORM zh_case_due(c.id);
    PERFORM zh_emit_all(at, c.id, c.number, p->'events');
    RETURN QUERY SELECT c.id, c.number;
END $$;
