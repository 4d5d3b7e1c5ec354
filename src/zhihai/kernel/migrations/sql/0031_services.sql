-- Room services: applications (办件), who looked into one, and what applicants say of how they were served (好差评).

CREATE TABLE application (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id       integer NOT NULL REFERENCES service_item,
    guide         integer,                         -- version of the guide in force then; NULL: none was published
    person_id     bigint NOT NULL REFERENCES person,  -- whose matter it is: a human being, or a firm
    proved        boolean NOT NULL,                -- whether whoever applied had been shown in person to be that person
    account_id    bigint NOT NULL,                 -- who gave it in
    tie_id        bigint REFERENCES tie,           -- by whoever acted for the person
    way           text NOT NULL CHECK (way IN ('hall', 'window')),
    number        text UNIQUE,                     -- of its case, which opens after it in the same transaction
    code          text NOT NULL,                   -- asked for beside the number where progress is asked without signing in
    provenance    text NOT NULL,
    applied_at    timestamptz NOT NULL             -- district time, as all of this file
);
CREATE INDEX application_person ON application (person_id, id DESC);
CREATE INDEX application_account ON application (account_id, id DESC);
CREATE INDEX application_item ON application (item_id, id);

-- What was given in: the first time, and each time something was supplemented.
CREATE TABLE application_submission (
    application_id bigint NOT NULL REFERENCES application,
    round          smallint NOT NULL CHECK (round > 0),
    submission_id  bigint NOT NULL UNIQUE REFERENCES form_submission,
    PRIMARY KEY (application_id, round)
);

-- Who among those who work on it looked into what was given in, the first time in each case.
CREATE TABLE application_look (
    application_id bigint NOT NULL REFERENCES application,
    account_id     bigint NOT NULL,
    role           text NOT NULL,
    org_id         integer NOT NULL REFERENCES organisation,
    at             timestamptz NOT NULL,
    PRIMARY KEY (application_id, account_id)
);

-- Five levels, reasons by name, words; whoever served reads it only when the case is closed.
CREATE TABLE feedback (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id bigint NOT NULL UNIQUE REFERENCES application,
    level          smallint NOT NULL CHECK (level BETWEEN 1 AND 5),
    reasons        text[] NOT NULL DEFAULT '{}',
    said           text NOT NULL DEFAULT '',
    account_id     bigint NOT NULL,
    at             timestamptz NOT NULL
);

-- How long an item really took of late: the median of its latest closed matters in days, from application to closure.
CREATE TABLE service_took (
    item_id integer PRIMARY KEY REFERENCES service_item,
    closed  integer NOT NULL CHECK (closed > 0),
    days    double precision NOT NULL
);

ALTER TABLE application ENABLE ROW LEVEL SECURITY;
ALTER TABLE application FORCE ROW LEVEL SECURITY;
CREATE POLICY application_seen ON application USING (account_id = (SELECT zh_own_account())
    OR (proved AND person_id = (SELECT zh_proved_person())) OR person_id = (SELECT zh_seen_person())
    OR (SELECT zh_sees_all()));
ALTER TABLE application_look ENABLE ROW LEVEL SECURITY;
ALTER TABLE application_look FORCE ROW LEVEL SECURITY;
CREATE POLICY application_look_seen ON application_look
    USING (EXISTS (SELECT FROM application a WHERE a.id = application_id));
ALTER TABLE application_submission ENABLE ROW LEVEL SECURITY;
ALTER TABLE application_submission FORCE ROW LEVEL SECURITY;
CREATE POLICY application_submission_seen ON application_submission
    USING (EXISTS (SELECT FROM application a WHERE a.id = application_id));
ALTER TABLE feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE feedback FORCE ROW LEVEL SECURITY;
CREATE POLICY feedback_seen ON feedback
    USING (EXISTS (SELECT FROM application a WHERE a.id = application_id));
