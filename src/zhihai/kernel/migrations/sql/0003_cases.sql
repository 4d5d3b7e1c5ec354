-- Room cases: no case keeps a place in a tree that is numbered anew while it is written.

-- Places in the trees are looked up when they are written, and whoever numbers a tree anew waits for those who are writing
-- cases, and they for it: no case keeps a number of before. The lock is the one that writing takes anyway, only earlier.
CREATE OR REPLACE FUNCTION zh_cases_follow_area() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE;
    UPDATE cases c SET area_lo = NEW.lo WHERE c.area_id = NEW.id;
    UPDATE task t SET area_lo = NEW.lo FROM cases c WHERE c.area_id = NEW.id AND t.case_id = c.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION zh_cases_follow_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE;
    UPDATE cases c SET org_lo = NEW.lo WHERE c.org_id = NEW.id;
    UPDATE task t SET org_lo = NEW.lo WHERE t.org_id = NEW.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION zh_tasks_new(p_case cases, p_tasks jsonb, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO task (case_id, type_no, step, role, org_id, org_lo, area_lo, round, state, opened_at, sort_at)
    SELECT p_case.id, p_case.type_no, t.step, t.role, t.org_id, (SELECT o.lo FROM organisation o WHERE o.id = t.org_id),
        p_case.area_lo, t.round, 'open', p_at, '9000-01-01Z'
    FROM jsonb_to_recordset(p_tasks) AS t(step text, role text, org_id integer, round integer)
$$;

-- As before, but the case is written once, with its due instant, which its clocks have from the start; and a number of
-- more than six figures keeps them all (lpad cuts off what is longer).
CREATE OR REPLACE FUNCTION zh_case_open(p jsonb) RETURNS TABLE (id bigint, number text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE c cases; at timestamptz := (p->>'at')::timestamptz; running text := nextval('case_number');
BEGIN
    LOCK TABLE cases IN ROW EXCLUSIVE MODE;
    c := jsonb_populate_record(NULL::cases, p->'case');
    SELECT o.lo, a.lo INTO c.org_lo, c.area_lo FROM organisation o, area a WHERE o.id = c.org_id AND a.id = c.area_id;
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

CREATE OR REPLACE FUNCTION zh_case_change(p jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE c cases; at timestamptz := (p->>'at')::timestamptz; s jsonb := coalesce(p->'set', '{}');
BEGIN
    LOCK TABLE cases IN ROW EXCLUSIVE MODE;
    SELECT * INTO c FROM cases x WHERE x.id = (p->>'case')::bigint FOR UPDATE;
    IF c.id IS NULL THEN RAISE EXCEPTION 'no such case' USING ERRCODE = 'ZH404'; END IF;
    IF c.seq <> (p->>'seq')::integer THEN RAISE EXCEPTION 'the case has moved on' USING ERRCODE = 'ZH409'; END IF;
    UPDATE task t SET state = d.state, done_at = at, actor = (p->>'actor')::bigint, actor_sort = p->>'sort', outcome = d.outcome,
        note = coalesce(d.note, ''), evidence = coalesce(d.evidence, '{}')
        FROM jsonb_to_recordset(p->'tasks_done') AS d(id bigint, state text, outcome text, note text, evidence jsonb)
        WHERE t.id = d.id AND t.case_id = c.id AND t.state = 'open';
    UPDATE task t SET org_id = d.org_id, org_lo = o.lo, moves = t.moves || jsonb_build_array(d.move)
        FROM jsonb_to_recordset(p->'tasks_moved') AS d(id bigint, org_id integer, move jsonb) JOIN organisation o ON o.id = d.org_id
        WHERE t.id = d.id AND t.case_id = c.id AND t.state = 'open';
    UPDATE clock k SET state = d.state, due_at = d.due_at, warn_at = d.warn_at, next_at = d.next_at, stopped_at = d.stopped_at,
        warned_at = d.warned_at, breached_at = d.breached_at, events = d.events, calendar = d.calendar, provisional = d.provisional
        FROM jsonb_to_recordset(p->'clocks_changed') AS d(id bigint, state text, due_at timestamptz, warn_at timestamptz,
            next_at timestamptz, stopped_at timestamptz, warned_at timestamptz, breached_at timestamptz, events jsonb,
            calendar text, provisional boolean)
        WHERE k.id = d.id AND k.case_id = c.id;
    PERFORM zh_tasks_new(c, p->'tasks_new', at);
    PERFORM zh_clocks_new(c.id, p->'clocks_new');
    c.last_h := zh_journal((p->>'actor')::bigint, p->>'sort', p->>'act', 'case', c.id, at, p->>'data', c.id, c.seq + 1, c.last_h);
    UPDATE cases x SET seq = c.seq + 1, last_h = c.last_h, due_at = zh_case_due(c.id),
        state = coalesce(s->>'state', x.state), closed_at = coalesce((s->>'closed_at')::timestamptz, x.closed_at),
        closing = coalesce(s->>'closing', x.closing), late = coalesce((s->>'late')::boolean, x.late),
        rework = coalesce((s->>'rework')::integer, x.rework), facts = x.facts || coalesce(s->'facts', '{}')
        WHERE x.id = c.id;
    PERFORM zh_emit_all(at, c.id, c.number, p->'events');
    RETURN c.seq + 1;
END $$;
