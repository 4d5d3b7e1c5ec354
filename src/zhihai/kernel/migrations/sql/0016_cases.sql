-- Room cases: clocks reckoned anew at half the price.

-- Its body is stable; only a function that says no more than its body is written into the statement that calls it.
ALTER FUNCTION zh_moment(bigint) STABLE;

-- As before, with the task of each clock (NULL where it times the case): what binds is not read again from what was written.
DROP FUNCTION zh_cases_reckoned;
CREATE FUNCTION zh_cases_reckoned(p_at timestamptz, p_calendar text, p_cases bigint[], p_seqs integer[], p_lates boolean[],
    p_data text[], p_clocks bigint[], p_of bigint[], p_tasks bigint[], p_due bigint[], p_warn bigint[], p_next bigint[],
    p_warned bigint[], p_breached bigint[], p_provisional boolean[]) RETURNS integer LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan AS $$ -- a plan for arrays of any length takes them for short
DECLARE d record; held bigint[]; moved bigint[];
BEGIN
    LOCK TABLE cases IN ROW EXCLUSIVE MODE;
    SELECT x.era, x.mode INTO d FROM district x;
    SELECT array_agg(h.id), array_agg(h.id) FILTER (WHERE h.data IS NOT NULL) INTO held, moved FROM (
        SELECT c.id, g.data FROM unnest(p_cases, p_seqs, p_data) AS g(id, seq, data) JOIN cases c ON c.id = g.id AND c.seq = g.seq
        ORDER BY c.id FOR UPDATE OF c SKIP LOCKED) h;
    UPDATE clock k SET due_at = zh_moment(u.due_at), warn_at = zh_moment(u.warn_at), next_at = zh_moment(u.next_at),
            warned_at = zh_moment(u.warned_at), breached_at = zh_moment(u.breached_at), provisional = u.provisional, calendar = p_calendar
        FROM unnest(p_clocks, p_of, p_due, p_warn, p_next, p_warned, p_breached, p_provisional)
            AS u(id, case_id, due_at, warn_at, next_at, warned_at, breached_at, provisional)
            JOIN unnest(held) AS h(id) ON h.id = u.case_id WHERE k.id = u.id;
    WITH made AS (
        INSERT INTO journal_entry AS j OVERRIDING SYSTEM VALUE
        SELECT (m.e).id, (m.e).era, (m.e).xid, (m.e).recorded_at, (m.e).at, (m.e).mode, (m.e).actor, (m.e).sort, (m.e).act,
            (m.e).noun, (m.e).subject, (m.e).case_id, (m.e).case_seq, (m.e).case_prev, (m.e).data, zh_entry_hash(m.e)
        FROM (SELECT ROW(nextval('journal_entry_id_seq'), coalesce(d.era, 1), pg_current_xact_id(), clock_timestamp(), p_at,
                  coalesce(d.mode, 'live'), 0, 'system', 'cases.reckon', 'case', c.id, c.id, c.seq + 1, c.last_h, g.data,
                  NULL)::journal_entry AS e
              FROM unnest(p_cases, p_data) AS g(id, data) JOIN unnest(moved) AS w(id) ON w.id = g.id
                  JOIN cases c ON c.id = g.id ORDER BY c.id OFFSET 0) m
        RETURNING j.case_id, j.case_seq, j.h),
    binds AS (SELECT u.case_id, zh_moment(min(u.due_at)) AS due FROM unnest(p_of, p_due) AS u(case_id, due_at) GROUP BY 1)
    UPDATE cases c SET seq = made.case_seq, last_h = made.h, late = g.late, due_at = b.due
        FROM made JOIN unnest(p_cases, p_lates) AS g(id, late) ON g.id = made.case_id JOIN binds b ON b.case_id = made.case_id
        WHERE c.id = made.case_id;
    WITH u AS (SELECT * FROM unnest(p_of, p_tasks, p_due) AS u(case_id, task_id, due_at)),
        own AS (SELECT u.task_id, min(u.due_at) AS due FROM u WHERE u.task_id IS NOT NULL GROUP BY 1),
        wide AS (SELECT u.case_id, min(u.due_at) AS due FROM u WHERE u.task_id IS NULL GROUP BY 1)
    UPDATE task t SET sort_at = b.due FROM (
        SELECT o.id, coalesce(zh_moment(least(own.due, wide.due)), '9000-01-01Z') AS due
        FROM unnest(moved) AS w(id) JOIN task o ON o.case_id = w.id AND o.state = 'open'
            LEFT JOIN own ON own.task_id = o.id LEFT JOIN wide ON wide.case_id = o.case_id) b
        WHERE t.id = b.id AND t.sort_at <> b.due;
    RETURN coalesce(cardinality(held), 0);
END $$;
