-- Room trust: what ends, and who has to know it. Machine time throughout.

-- That somebody signed in to a system within a sign-in here (单点登录会话). When the sign-in ends, in whichever way, the
-- row is parted from it in the same transaction, and waits so until the system's tokens are ended and it was told.
CREATE TABLE system_sign_in (
    sid         text PRIMARY KEY,               -- random: by which the system knows this sign-in, and no other system
    client_id   varchar(100) NOT NULL REFERENCES oidc_client,
    account_id  bigint NOT NULL REFERENCES account,
    sign_in_id  bigint REFERENCES sign_in ON DELETE SET NULL,
    begun_at    timestamptz NOT NULL,
    expired_at  timestamptz,                    -- the sign-in ran out unused, which signs nobody out elsewhere
    ended_at    timestamptz,                    -- tokens are ended; the system is to be told
    attempts    integer NOT NULL DEFAULT 0,
    next_at     timestamptz,                    -- NULL once it was given up
    lease_until timestamptz,
    failure     text,
    UNIQUE (sign_in_id, client_id)
);
CREATE INDEX system_sign_in_account ON system_sign_in (account_id, client_id);
CREATE INDEX system_sign_in_parted ON system_sign_in (begun_at)
    WHERE sign_in_id IS NULL AND expired_at IS NULL AND ended_at IS NULL;
CREATE INDEX system_sign_in_due ON system_sign_in (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX system_sign_in_client ON system_sign_in (client_id) WHERE ended_at IS NOT NULL;

-- Certificates that end soon; and keys that holders made themselves, by their digest.
CREATE INDEX certificate_ending ON certificate (valid_to) WHERE revoked_at IS NULL;
ALTER TABLE certificate ADD COLUMN key_digest bytea CHECK (octet_length(key_digest) = 32);
CREATE INDEX certificate_key ON certificate (key_digest) WHERE key_digest IS NOT NULL;
