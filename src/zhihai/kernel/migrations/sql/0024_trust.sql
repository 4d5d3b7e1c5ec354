-- Room trust: the district's certificate authority, certificates of departments and officials, sealed documents.
-- Certificates, keys and revocations go by machine time.

-- Roots that are trusted here. Their keys are never here.
CREATE TABLE trusted_root (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    certificate bytea NOT NULL UNIQUE,        -- DER, as all certificates
    list        bytea NOT NULL,               -- what the root has revoked
    list_number bigint NOT NULL,
    list_until  timestamptz NOT NULL,
    taken_at    timestamptz NOT NULL
);

-- Keys that issue (签发密钥): asked for, then in use once the root has signed.
CREATE TABLE issuing_key (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request      bytea NOT NULL,
    sealed       text,                        -- the private key, bound to this row; NULL: destroyed
    requested_at timestamptz NOT NULL,
    root_id      integer REFERENCES trusted_root,
    certificate  bytea UNIQUE,
    valid_to     timestamptz,
    taken_at     timestamptz,
    list         bytea,                       -- what it has revoked, the newest list
    list_number  bigint NOT NULL DEFAULT 0,
    list_at      timestamptz,
    list_until   timestamptz,
    CHECK ((certificate IS NULL) = (root_id IS NULL) AND (certificate IS NULL) = (valid_to IS NULL)
        AND (certificate IS NULL) = (taken_at IS NULL))
);

CREATE TABLE certificate (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    serial          text NOT NULL UNIQUE,     -- hexadecimal
    issuer_id       integer NOT NULL REFERENCES issuing_key,
    sort            text NOT NULL CHECK (sort IN ('organisation', 'official', 'device')),
    organisation_id bigint NOT NULL REFERENCES organisation,
    account_id      bigint REFERENCES account,
    device          text,
    certificate     bytea NOT NULL,
    sealed          text,                     -- the private key, bound to this row; NULL: destroyed, or the holder's own
    valid_from      timestamptz NOT NULL,
    valid_to        timestamptz NOT NULL CHECK (valid_to > valid_from),
    ground          text NOT NULL,            -- on what the issue rests
    at              timestamptz NOT NULL,     -- district time
    actor           bigint NOT NULL,
    revoked_at      timestamptz,
    reason          text,
    invalid_since   timestamptz,              -- from when on the key may have been another's
    revoked_ground  text,
    revoked_by      bigint,
    CHECK ((account_id IS NOT NULL) = (sort = 'official') AND (device IS NOT NULL) = (sort = 'device')),
    CHECK ((revoked_at IS NULL) = (reason IS NULL) AND (revoked_at IS NULL) = (revoked_by IS NULL)),
    CHECK (revoked_at IS NULL OR sealed IS NULL)
);
CREATE INDEX certificate_organisation ON certificate (organisation_id, id);
CREATE INDEX certificate_account ON certificate (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX certificate_revoked ON certificate (issuer_id, revoked_at) WHERE revoked_at IS NOT NULL;

-- What was sealed or signed (用印记录): never the document, only its digest.
CREATE TABLE sealed_document (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code             text NOT NULL UNIQUE,    -- by which anybody finds it (查验码): random, since it opens the title
    certificate_id   bigint NOT NULL REFERENCES certificate,
    digest           bytea NOT NULL CHECK (octet_length(digest) = 32),
    size             bigint NOT NULL CHECK (size > 0),
    title            text NOT NULL,
    signature        bytea NOT NULL,
    signature_digest bytea NOT NULL UNIQUE,
    sealed_at        timestamptz NOT NULL,    -- machine time
    at               timestamptz NOT NULL,    -- district time
    actor            bigint NOT NULL
);
CREATE INDEX sealed_document_digest ON sealed_document (digest, id);
CREATE INDEX sealed_document_certificate ON sealed_document (certificate_id, id);
CREATE INDEX sealed_document_actor ON sealed_document (actor, id);
