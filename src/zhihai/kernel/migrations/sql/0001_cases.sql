-- Room cases: case types, duties, cases, tasks, clocks. A change of a case is one SQL act.

CREATE TABLE case_type (
    no   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE            -- full name of the case kind
);

-- Whose duty a step is (权责): by case kind, role and area; the narrowest area wins.
CREATE TABLE duty (
    id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    text NOT NULL,
    role    text NOT NULL,
    area_id integer NOT NULL REFERENCES area,
    org_id  integer NOT NULL REFERENCES organisation,
    source  text NOT NULL DEFAULT '',
    UNIQUE (kind, role, area_id)
);

-- What a district set otherwise than a case kind's default: the limit of one of its clocks, from a day on.
CREATE TABLE limit_setting (
    kind       text NOT NULL,
    clock      text NOT NULL,
    valid_from date NOT NULL,
    amount     integer NOT NULL CHECK (amount > 0),
    unit       text NOT NULL CHECK (unit IN ('working_day', 'working_hour', 'calendar_hour')),
    source     text NOT NULL,            -- norm and clause, or the promise it comes from
    PRIMARY KEY (kind, clock, valid_from)
);

-- Every version of the working calendar is kept whole: what a clock was reckoned by can be read for good.
CREATE TABLE calendar_version (
    no        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version   text NOT NULL,             -- digest of days and sessions
    days      jsonb NOT NULL,            -- days that are not what their weekday says: day, kind, name_zh, name_en
    sessions  jsonb NOT NULL,            -- local times of a working day
    loaded_at timestamptz NOT NULL
);
CREATE INDEX calendar_version_name ON calendar_version (version);

-- One sequence for all: no two cases get one number, and no writer waits for another.
CREATE SEQUENCE case_number;

CREATE TABLE cases (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       text COLLATE "C" NOT NULL UNIQUE, -- looked up by its beginning
    type_no      integer NOT NULL REFERENCES case_type,
    version      integer NOT NULL,
    org_id       integer NOT NULL,       -- the leading organisation
    org_lo       integer NOT NULL,
    area_id      integer NOT NULL,
    area_lo      integer NOT NULL,
    cell         text,
    lon          double precision,
    lat          double precision,
    subject_noun text,                   -- what it is about: finding, device …
    subject_id   bigint,
    facts        jsonb NOT NULL DEFAULT '{}', -- what its title and page say
    state        text NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at    timestamptz NOT NULL,
    due_at       timestamptz,            -- earliest due instant of a running clock
    closed_at    timestamptz,
    closing      text,                   -- reason of closure
    late         boolean NOT NULL DEFAULT false,
    rework       integer NOT NULL DEFAULT 0,
    mode         text NOT NULL,
    provenance   text NOT NULL,
    seq          integer NOT NULL,       -- entries of its own chain
    last_h       bytea NOT NULL
);
CREATE INDEX cases_area ON cases (area_lo, id) WHERE state = 'open';
CREATE INDEX cases_type ON cases (type_no, opened_at);
CREATE INDEX cases_subject ON cases (subject_noun, subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX cases_closed ON cases (closed_at, id) WHERE state = 'closed';

CREATE TABLE task (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id    bigint NOT NULL REFERENCES cases,
    type_no    integer NOT NULL,
    step       text NOT NULL,
    role       text NOT NULL,
    org_id     integer NOT NULL,
    org_lo     integer NOT NULL,
    area_lo    integer NOT NULL,
    round      integer NOT NULL DEFAULT 1,
    state      text NOT NULL CHECK (state IN ('open', 'done', 'withdrawn')),
    opened_at  timestamptz NOT NULL,
    sort_at    timestamptz NOT NULL,     -- earliest due instant that binds it; 9000-01-01 where none runs
    done_at    timestamptz,
    actor      bigint,
    actor_sort text,
    outcome    text,
    note       text NOT NULL DEFAULT '',
    evidence   jsonb NOT NULL DEFAULT '{}',
    moves      jsonb NOT NULL DEFAULT '[]' -- handed over: from, to, cause, at, by
);
CREATE INDEX task_case ON task (case_id, id);
CREATE INDEX task_inbox ON task (sort_at, id) INCLUDE (org_lo, area_lo, type_no, role) WHERE state = 'open';
CREATE INDEX task_narrow ON task (type_no, org_lo, sort_at, id) INCLUDE (area_lo, role) WHERE state = 'open';

CREATE TABLE clock (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id     bigint NOT NULL REFERENCES cases,
    task_id     bigint REFERENCES task,  -- the task whose step it times; NULL: the case
    name        text NOT NULL,           -- id of the clock in its case kind
    sort        text NOT NULL,           -- statutory, promised, step, special
    state       text NOT NULL CHECK (state IN ('running', 'paused', 'stopped')),
    started_at  timestamptz NOT NULL,
    due_at      timestamptz,             -- NULL while paused
    warn_at     timestamptz,
    next_at     timestamptz,             -- when the tick must look: warning, then breach
    stopped_at  timestamptz,
    warned_at   timestamptz,
    breached_at timestamptz,
    limits      jsonb NOT NULL,          -- amount, unit, source: frozen when it started
    events      jsonb NOT NULL,          -- from which the due instant is derived
    calendar    text NOT NULL,
    provisional boolean NOT NULL DEFAULT false
);
CREATE INDEX clock_case ON clock (case_id, id);
CREATE INDEX clock_next ON clock (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX clock_calendar ON clock (calendar, id) WHERE state <> 'stopped';
CREATE INDEX clock_name ON clock (name, due_at);

-- Places in the trees that are kept beside cases and tasks follow when a tree is numbered anew, in the same transaction:
-- what one may see never rests on an old number.
CREATE FUNCTION zh_cases_follow_area() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases c SET area_lo = NEW.lo WHERE c.area_id = NEW.id;
    UPDATE task t SET area_lo = NEW.lo FROM cases c WHERE c.area_id = NEW.id AND t.case_id = c.id;
    RETURN NULL;
END $$;
CREATE FUNCTION zh_cases_follow_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases c SET org_lo = NEW.lo WHERE c.org_id = NEW.id;
    UPDATE task t SET org_lo = NEW.lo WHERE t.org_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_follow AFTER UPDATE OF lo ON area FOR EACH ROW WHEN (OLD.lo <> NEW.lo)
    EXECUTE FUNCTION zh_cases_follow_area();
CREATE TRIGGER cases_follow AFTER UPDATE OF lo ON organisation FOR EACH ROW WHEN (OLD.lo <> NEW.lo)
    EXECUTE FUNCTION zh_cases_follow_organisation();

CREATE FUNCTION zh_tasks_new(p_case cases, p_tasks jsonb, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO task (case_id, type_no, step, role, org_id, org_lo, area_lo, round, state, opened_at, sort_at)
    SELECT p_case.id, p_case.type_no, t.step, t.role, t.org_id, t.org_lo, p_case.area_lo, t.round, 'open', p_at, '9000-01-01Z'
    FROM jsonb_to_recordset(p_tasks) AS t(step text, role text, org_id integer, org_lo integer, round integer)
$$;

-- A clock of a step names the step; it is tied to that step's open task.
CREATE FUNCTION zh_clocks_new(p_case bigint, p_clocks jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO clock (case_id, task_id, name, sort, state, started_at, due_at, warn_at, next_at, limits, events, calendar, provisional)
    SELECT p_case, (SELECT max(t.id) FROM task t WHERE t.case_id = p_case AND t.step = k.step AND t.state = 'open'),
        k.name, k.sort, k.state, k.started_at, k.due_at, k.warn_at, k.next_at, k.limits, k.events, k.calendar, k.provisional
    FROM jsonb_to_recordset(p_clocks) AS k(step text, name text, sort text, state text, started_at timestamptz,
        due_at timestamptz, warn_at timestamptz, next_at timestamptz, limits jsonb, events jsonb, calendar text, provisional boolean)
$$;

-- What binds an open task: its own running clocks and those of the whole case.
CREATE FUNCTION zh_case_due(p_case bigint) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE due timestamptz;
BEGIN
    UPDATE task t SET sort_at = b.due FROM (
        SELECT o.id, coalesce((SELECT min(k.due_at) FROM clock k WHERE k.case_id = p_case AND k.state = 'running'
            AND (k.task_id IS NULL OR k.task_id = o.id)), '9000-01-01Z') AS due
        FROM task o WHERE o.case_id = p_case AND o.state = 'open') b WHERE t.id = b.id AND t.sort_at <> b.due;
    SELECT min(k.due_at) INTO due FROM clock k WHERE k.case_id = p_case AND k.state = 'running';
    RETURN due;
END $$;

CREATE FUNCTION zh_emit_all(p_at timestamptz, p_case bigint, p_number text, p_events jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT zh_emit(e->>'topic', p_at, ((e->'body') || jsonb_build_object('case', p_case, 'number', p_number))::text)
    FROM jsonb_array_elements(p_events) AS e
$$;

-- Open a case: number, row, tasks, all clocks, journal, events; one statement of the caller, one transaction.
CREATE FUNCTION zh_case_open(p jsonb) RETURNS TABLE (id bigint, number text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE c cases; at timestamptz := (p->>'at')::timestamptz;
BEGIN
    c := jsonb_populate_record(NULL::cases, p->'case');
    c.id := nextval('cases_id_seq');
    c.number := (p->>'prefix') || lpad(nextval('case_number')::text, 6, '0');
    c.state := 'open'; c.opened_at := at; c.seq := 1; c.late := false; c.rework := 0;
    c.mode := coalesce((SELECT d.mode FROM district d), 'live');
    c.last_h := zh_journal((p->>'actor')::bigint, p->>'sort', 'cases.open_case', 'case', c.id, at, p->>'data', c.id, 1, NULL);
    INSERT INTO cases OVERRIDING SYSTEM VALUE VALUES (c.*);
    PERFORM zh_tasks_new(c, p->'tasks', at);
    PERFORM zh_clocks_new(c.id, p->'clocks');
    UPDATE cases x SET due_at = zh_case_due(c.id) WHERE x.id = c.id;
    PERFORM zh_emit_all(at, c.id, c.number, p->'events');
    RETURN QUERY SELECT c.id, c.number;
END $$;

-- Change a case: tasks done and opened, clocks changed and started, journal, events. Refuses (ZH409) when the case has
-- moved on since the caller read it (seq).
CREATE FUNCTION zh_case_change(p jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE c cases; at timestamptz := (p->>'at')::timestamptz; s jsonb := coalesce(p->'set', '{}');
BEGIN
    SELECT * INTO c FROM cases x WHERE x.id = (p->>'case')::bigint FOR UPDATE;
    IF c.id IS NULL THEN RAISE EXCEPTION 'no such case' USING ERRCODE = 'ZH404'; END IF;
    IF c.seq <> (p->>'seq')::integer THEN RAISE EXCEPTION 'the case has moved on' USING ERRCODE = 'ZH409'; END IF;
    UPDATE task t SET state = d.state, done_at = at, actor = (p->>'actor')::bigint, actor_sort = p->>'sort', outcome = d.outcome,
        note = coalesce(d.note, ''), evidence = coalesce(d.evidence, '{}')
        FROM jsonb_to_recordset(p->'tasks_done') AS d(id bigint, state text, outcome text, note text, evidence jsonb)
        WHERE t.id = d.id AND t.case_id = c.id AND t.state = 'open';
    UPDATE task t SET org_id = d.org_id, org_lo = d.org_lo, moves = t.moves || jsonb_build_array(d.move)
        FROM jsonb_to_recordset(p->'tasks_moved') AS d(id bigint, org_id integer, org_lo integer, move jsonb)
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
