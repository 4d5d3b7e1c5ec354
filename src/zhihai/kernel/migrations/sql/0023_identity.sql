-- Room identity: systems of the district that sign people in through the platform (OpenID Connect).
-- What the protocol keeps of a client and of tokens is in the library's tables; here is whose it is and who agreed.

CREATE TABLE oidc_client (
    client_id       varchar(100) PRIMARY KEY REFERENCES allauth_idp_oidc_client,
    name_zh         text NOT NULL,
    name_en         text NOT NULL,
    organisation_id bigint NOT NULL REFERENCES organisation,
    sector          text NOT NULL,              -- clients of one sector know a person by one subject; it never changes
    registered_at   timestamptz NOT NULL,       -- district time
    ended_at        timestamptz,                -- district time: switched off since
    actor           bigint NOT NULL
);

CREATE TABLE oidc_subject (
    sector     text NOT NULL,
    account_id bigint NOT NULL REFERENCES account,
    subject    text NOT NULL,                   -- kept, so that a change of the secret changes nobody's
    PRIMARY KEY (sector, account_id),
    UNIQUE (sector, subject)
);

CREATE TABLE consent (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES account,
    client_id    varchar(100) NOT NULL REFERENCES oidc_client,
    scopes       text[] NOT NULL,
    given_at     timestamptz NOT NULL,          -- district time, as those below
    used_at      timestamptz,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX consent_in_force ON consent (account_id, client_id) WHERE withdrawn_at IS NULL;

-- Keys that sign. Machine time: a key signs from signs_from on, and is known until ends_at.
CREATE TABLE oidc_key (
    kid        text PRIMARY KEY,                -- RFC 7638
    public     jsonb NOT NULL,
    sealed     text NOT NULL,                   -- the private key, bound to this row
    signs_from timestamptz NOT NULL,
    ends_at    timestamptz
);

-- All tokens that one sign-in led to are one family: they end together.
CREATE INDEX oidc_token_family ON allauth_idp_oidc_token ((data->>'family'));
