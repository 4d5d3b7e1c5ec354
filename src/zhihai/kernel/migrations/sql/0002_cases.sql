-- Room cases: how much is open and late of each case type, kept as cases change, since no page counts cases.

-- What has been added up, and the changes since. A change is a row of its own, so that no two writers of one case type
-- wait for each other; what is true is the sum of both, in whatever snapshot they are read.
CREATE TABLE case_load (
    type_no integer PRIMARY KEY REFERENCES case_type,
    open    bigint NOT NULL,
    late    bigint NOT NULL
);
CREATE TABLE case_load_change (
    type_no integer NOT NULL,
    open    integer NOT NULL,
    late    integer NOT NULL
);
CREATE INDEX cases_due ON cases (type_no, due_at) WHERE state = 'open';

CREATE FUNCTION zh_case_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE opened integer := 0; lated integer := 0;
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.state = 'open' THEN opened := 1; lated := NEW.late::integer; END IF;
    IF TG_OP <> 'INSERT' AND OLD.state = 'open' THEN opened := opened - 1; lated := lated - OLD.late::integer; END IF;
    IF opened <> 0 OR lated <> 0 THEN
        INSERT INTO case_load_change (type_no, open, late) VALUES (coalesce(NEW.type_no, OLD.type_no), opened, lated);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_counted AFTER INSERT OR DELETE ON cases FOR EACH ROW EXECUTE FUNCTION zh_case_counted();
CREATE TRIGGER cases_recounted AFTER UPDATE OF state, late ON cases FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.late <> NEW.late) EXECUTE FUNCTION zh_case_counted();

CREATE VIEW case_load_now AS
    SELECT x.type_no, sum(x.open)::bigint AS open, sum(x.late)::bigint AS late
    FROM (SELECT l.type_no, l.open, l.late FROM case_load l UNION ALL SELECT c.type_no, c.open, c.late FROM case_load_change c) x
    GROUP BY x.type_no;

CREATE VIEW case_load_true AS
    SELECT c.type_no, count(*) AS open, count(*) FILTER (WHERE c.late) AS late FROM cases c WHERE c.state = 'open' GROUP BY c.type_no;

-- Add the changes up, and return how many there were; what is being written meanwhile waits for the next call.
CREATE FUNCTION zh_case_load_fold() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM case_load_change) OR NOT pg_try_advisory_xact_lock(26234, 4) THEN RETURN 0; END IF;
    WITH gone AS (DELETE FROM case_load_change RETURNING type_no, open, late),
    added AS (
        INSERT INTO case_load AS l (type_no, open, late) SELECT g.type_no, sum(g.open), sum(g.late) FROM gone g GROUP BY g.type_no
        ON CONFLICT (type_no) DO UPDATE SET open = l.open + EXCLUDED.open, late = l.late + EXCLUDED.late)
    SELECT count(*) INTO n FROM gone;
    RETURN n;
END $$;

-- Compare what is kept with the cases and, where it differs, count anew; returns of how many case types it was wrong.
CREATE FUNCTION zh_case_load_recount() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    SELECT count(*) INTO n FROM case_load_now k FULL JOIN case_load_true t USING (type_no)
        WHERE (coalesce(k.open, 0), coalesce(k.late, 0)) <> (coalesce(t.open, 0), coalesce(t.late, 0));
    IF n > 0 THEN
        PERFORM pg_advisory_xact_lock(26234, 4);
        LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE;
        DELETE FROM case_load_change;
        DELETE FROM case_load;
        INSERT INTO case_load (type_no, open, late) SELECT t.type_no, t.open, t.late FROM case_load_true t;
    END IF;
    RETURN n;
END $$;

SELECT zh_case_load_recount();
