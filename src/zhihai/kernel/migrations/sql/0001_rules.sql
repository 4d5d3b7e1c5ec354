-- Room rules: what a district set, and findings, one an episode.

CREATE TABLE rule_setting (
    rule      text PRIMARY KEY,
    state     text NOT NULL CHECK (state IN ('off', 'live')),
    limits    jsonb NOT NULL DEFAULT '{}', -- what the district set otherwise than the kind says
    live_from timestamptz,
    set_by    bigint NOT NULL,
    set_at    timestamptz NOT NULL
);

CREATE TABLE finding (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule      text NOT NULL,
    version   integer NOT NULL,
    device_id integer NOT NULL REFERENCES device,
    since     timestamptz,               -- begin of what is out of bounds; NULL: before what was looked at
    opened_at timestamptz NOT NULL,      -- end of the hour that showed it
    closed_at timestamptz,
    facts     jsonb NOT NULL,
    limits    jsonb NOT NULL,            -- the limits it was judged by, frozen
    mode      text NOT NULL
);
CREATE UNIQUE INDEX finding_episode ON finding (rule, device_id) WHERE closed_at IS NULL;
CREATE INDEX finding_device ON finding (device_id, id DESC);
CREATE INDEX finding_latest ON finding (rule, device_id, id DESC);

CREATE TABLE rule_progress (
    rule      text NOT NULL,
    device_id integer NOT NULL REFERENCES device,
    judged_to timestamptz NOT NULL,
    PRIMARY KEY (rule, device_id)
);
