-- Room identity: what all processes of the web must know together: how often somebody tried, which codes were used.
-- Nothing in it is worth a log of its own: after a crash limits begin anew.

CREATE UNLOGGED TABLE web_cache (
    cache_key varchar(255) PRIMARY KEY,
    value     text NOT NULL,
    expires   timestamptz NOT NULL
);
CREATE INDEX web_cache_expires ON web_cache (expires);
