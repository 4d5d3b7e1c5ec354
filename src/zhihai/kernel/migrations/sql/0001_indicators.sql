-- Room indicators: the plan's targets and computed values.

CREATE TABLE target (
    id            text PRIMARY KEY,
    clause_id     text NOT NULL,
    name_zh       text NOT NULL,
    name_en       text NOT NULL,
    unit          text NOT NULL,
    baseline      double precision,
    baseline_year text NOT NULL DEFAULT '',
    value         double precision,
    target_year   text NOT NULL DEFAULT '',
    comparison    text NOT NULL DEFAULT '',
    clause        text NOT NULL,
    note          text NOT NULL DEFAULT ''
);

CREATE TABLE indicator_value (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    indicator   text NOT NULL,
    version     integer NOT NULL,
    area_id     integer NOT NULL REFERENCES area,
    starts      date NOT NULL,           -- first local day of the period
    ends        date NOT NULL,           -- first local day after it
    mode        text NOT NULL,
    value       double precision,        -- NULL: nothing to measure yet
    numerator   double precision NOT NULL,
    denominator double precision NOT NULL,
    n           integer NOT NULL,        -- rows it was made from
    digest      bytea NOT NULL,          -- sha256 over those rows
    as_of       timestamptz NOT NULL,    -- district time up to which data were seen
    computed_at timestamptz NOT NULL,    -- machine time
    UNIQUE (indicator, version, area_id, starts, mode)
);
CREATE TABLE indicator_dirty (
    indicator text NOT NULL,
    starts    date NOT NULL,
    PRIMARY KEY (indicator, starts)
);
