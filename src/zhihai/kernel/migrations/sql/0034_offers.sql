-- Room offers: what is offered at a place and a time, so much of it at once, and who holds how much of it from – to.

CREATE TABLE offer (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text NOT NULL,                   -- full name of an offer kind
    organisation_id integer NOT NULL REFERENCES organisation,
    name_zh         text NOT NULL,
    name_en         text NOT NULL,
    place_zh        text NOT NULL,
    place_en        text NOT NULL,
    slot_minutes    smallint NOT NULL CHECK (slot_minutes BETWEEN 5 AND 480),
    ahead_days      smallint NOT NULL CHECK (ahead_days BETWEEN 0 AND 90),
    cancel_minutes  integer NOT NULL CHECK (cancel_minutes BETWEEN 0 AND 10080),
    held_most       smallint NOT NULL CHECK (held_most BETWEEN 1 AND 20),
    missed_most     smallint NOT NULL CHECK (missed_most BETWEEN 0 AND 20),  -- 0: what is missed has no consequence
    missed_days     smallint NOT NULL CHECK (missed_days BETWEEN 1 AND 730),
    barred_days     smallint NOT NULL CHECK (barred_days BETWEEN 0 AND 180),
    open            boolean NOT NULL,
    changed_at      timestamptz NOT NULL             -- district time, as all of this file
);
CREATE INDEX offer_organisation ON offer (organisation_id, id);

-- When it is open on a weekday (0 Monday), in minutes of the district's wall clock, and how many at once.
CREATE TABLE offer_hours (
    offer_id integer NOT NULL REFERENCES offer,
    weekday  smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    begins   smallint NOT NULL CHECK (begins >= 0),
    ends     smallint NOT NULL CHECK (ends > begins AND ends <= 1440),
    places   smallint NOT NULL CHECK (places BETWEEN 1 AND 500),
    PRIMARY KEY (offer_id, weekday, begins)
);

-- One day that is not as its weekday: its own sessions as [[begins, ends, places], …], none where it is closed.
CREATE TABLE offer_day (
    offer_id integer NOT NULL REFERENCES offer,
    day      date NOT NULL,
    sessions jsonb NOT NULL,
    why_zh   text NOT NULL,
    why_en   text NOT NULL,
    PRIMARY KEY (offer_id, day)
);

-- How much of one slot is taken. The last wall against selling too much: whoever takes one locks this row, and no row can
-- hold more than its places. Of a slot that was made smaller than what was taken already, what was promised stands.
CREATE TABLE offer_slot (
    offer_id  integer NOT NULL REFERENCES offer,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,                  -- the latest that anybody was promised who begins then
    places    integer NOT NULL,
    taken     integer NOT NULL CHECK (taken >= 0 AND taken <= places),
    PRIMARY KEY (offer_id, starts_at)
);

-- Who holds a place, from when to when (预约). held: to come; arrived: checked in; lapsed: the time went by at a window that
-- did not work with this list that day, so that nobody can say who came.
CREATE TABLE offer_claim (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    offer_id   integer NOT NULL REFERENCES offer,
    code       text NOT NULL UNIQUE,               -- what is said or shown at the window
    person_id  bigint NOT NULL REFERENCES person,  -- whose it is
    proved     boolean NOT NULL,                   -- whether whoever booked had been shown in person to be that person
    account_id bigint NOT NULL,                    -- who booked: the person, whoever acts for them, an official
    tie_id     bigint REFERENCES tie,
    way        text NOT NULL CHECK (way IN ('hall', 'window')),
    key        text NOT NULL,                      -- of the form that asked for it: the same one again takes nothing more
    subject    text NOT NULL DEFAULT '',           -- code of the service item that it is about
    title      text NOT NULL DEFAULT '',           -- its name then
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    state      text NOT NULL CHECK (state IN ('held', 'arrived', 'served', 'missed', 'lapsed', 'cancelled')),
    excused    boolean NOT NULL DEFAULT false,     -- of a missed one: it does not count
    why        text NOT NULL DEFAULT '',           -- of a cancellation by the window, or an excuse
    moved      smallint NOT NULL DEFAULT 0,
    made_at    timestamptz NOT NULL,
    ended_at   timestamptz,
    UNIQUE (account_id, key),
    CHECK (ends_at > starts_at),
    CHECK ((ended_at IS NULL) = (state IN ('held', 'arrived')))
);
CREATE INDEX offer_claim_slot ON offer_claim (offer_id, starts_at);
CREATE INDEX offer_claim_person ON offer_claim (person_id, starts_at DESC);
CREATE INDEX offer_claim_account ON offer_claim (account_id, starts_at DESC);
CREATE INDEX offer_claim_held ON offer_claim (ends_at) WHERE state = 'held';

ALTER TABLE offer_claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer_claim FORCE ROW LEVEL SECURITY;
CREATE POLICY offer_claim_seen ON offer_claim USING ((way = 'hall' AND account_id = (SELECT zh_own_account()))
    OR ((proved OR way = 'window') AND person_id = (SELECT zh_proved_person()))
    OR person_id = (SELECT zh_seen_person()) OR (SELECT zh_sees_all()));

-- Tickets of a hall (排队号): a running number each day, for those who come without and with an appointment.
CREATE TABLE offer_ticket (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    offer_id   integer NOT NULL REFERENCES offer,
    day        date NOT NULL,
    letter     text NOT NULL CHECK (letter IN ('A', 'B')),  -- A without an appointment, B with one
    number     integer NOT NULL CHECK (number > 0),
    claim_id   bigint UNIQUE REFERENCES offer_claim,
    key        text NOT NULL,
    due_at     timestamptz NOT NULL,                -- B: when its appointment is; A: when it was taken
    taken_at   timestamptz NOT NULL,
    state      text NOT NULL CHECK (state IN ('waiting', 'called', 'serving', 'served', 'absent')),
    counter    text NOT NULL DEFAULT '',            -- where to go: the counter's own name, such as 3
    calls      smallint NOT NULL DEFAULT 0,
    called_at  timestamptz,                         -- the first time
    again_at   timestamptz,                         -- the last time
    began_at   timestamptz,
    ended_at   timestamptz,
    account_id bigint,                              -- who called it last
    UNIQUE (offer_id, day, letter, number),
    UNIQUE (offer_id, key),
    CHECK ((letter = 'B') = (claim_id IS NOT NULL)),
    CHECK ((state = 'waiting') = (calls = 0)),
    CHECK ((state IN ('served', 'absent')) = (ended_at IS NOT NULL))
);
CREATE INDEX offer_ticket_waiting ON offer_ticket (offer_id, day, due_at) WHERE state = 'waiting';
CREATE UNIQUE INDEX offer_ticket_counter ON offer_ticket (offer_id, day, counter) WHERE state IN ('called', 'serving');

-- The last number of each letter on each day.
CREATE TABLE offer_count (
    offer_id integer NOT NULL REFERENCES offer,
    day      date NOT NULL,
    letter   text NOT NULL,
    last     integer NOT NULL,
    PRIMARY KEY (offer_id, day, letter)
);
