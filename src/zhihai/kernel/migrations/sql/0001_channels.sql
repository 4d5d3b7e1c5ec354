-- Room channels: notices, and their delivery by e-mail.

CREATE TABLE notice (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    template   text NOT NULL,            -- full name of the notice kind
    facts      jsonb NOT NULL DEFAULT '{}',
    urgency    text NOT NULL DEFAULT 'calm' CHECK (urgency IN ('calm', 'near', 'late')),
    link       text NOT NULL DEFAULT '' CHECK (link = '' OR link ~ '^/([^/\\]|$)'), -- path within the platform
    once       text NOT NULL,            -- the same thing is told once: unique for an account
    at         timestamptz NOT NULL,     -- district time
    mode       text NOT NULL,
    read_at    timestamptz,              -- district time
    UNIQUE (account_id, once)
);
CREATE INDEX notice_inbox ON notice (account_id, id DESC);
CREATE INDEX notice_unread ON notice (account_id) WHERE read_at IS NULL;

-- All times of a delivery are machine time.
CREATE TABLE delivery (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id   bigint NOT NULL REFERENCES notice ON DELETE CASCADE,
    channel     text NOT NULL,
    state       text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed')),
    attempts    integer NOT NULL DEFAULT 0,
    queued_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease_until timestamptz CHECK ((lease_until IS NULL) = (state <> 'sending')),
    sent_at     timestamptz,
    failure     text,
    UNIQUE (notice_id, channel)
);
CREATE INDEX delivery_due ON delivery (next_at, id) WHERE state IN ('queued', 'sending');
CREATE INDEX delivery_failed ON delivery (id) WHERE state = 'failed';

-- Tell accounts, each once; whoever has an address is written to besides. Returns how many were told now.
CREATE FUNCTION zh_tell(p_accounts bigint[], p_template text, p_facts jsonb, p_urgency text, p_link text, p_once text,
    p_at timestamptz) RETURNS bigint LANGUAGE sql AS $$
    WITH told AS (
        INSERT INTO notice (account_id, template, facts, urgency, link, once, at, mode)
        SELECT a.id, p_template, p_facts, p_urgency, p_link, p_once, p_at, coalesce((SELECT d.mode FROM district d), 'live')
        FROM account a WHERE a.id = ANY(p_accounts) AND a.is_active ORDER BY a.id
        ON CONFLICT (account_id, once) DO NOTHING RETURNING id, account_id),
    written AS (
        INSERT INTO delivery (notice_id, channel)
        SELECT t.id, 'email' FROM told t JOIN account a ON a.id = t.account_id WHERE a.email <> '')
    SELECT count(*) FROM told
$$;

-- Take the delivery that has been due longest, under a lease; rows another worker is taking are passed over.
CREATE FUNCTION zh_delivery_take(p_now timestamptz, p_lease interval) RETURNS SETOF delivery LANGUAGE sql AS $$
    UPDATE delivery SET state = 'sending', attempts = attempts + 1, lease_until = p_now + p_lease WHERE id = (
        SELECT d.id FROM delivery d WHERE d.next_at <= p_now
            AND (d.state = 'queued' OR (d.state = 'sending' AND d.lease_until < p_now))
        ORDER BY d.next_at, d.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING *
$$;
