-- Room cases: what recurs. One row for each kind and period that has begun; who writes it opens the cases of the period.

CREATE TABLE case_recurrence (
    kind    text NOT NULL,
    begins  date NOT NULL,               -- the first local day of the period
    at      timestamptz NOT NULL,        -- district time
    opened  integer NOT NULL,
    PRIMARY KEY (kind, begins)
);
