-- Room trust: whom another provider of OpenID Connect signs in here. The pair of issuer and subject is the tie, never
-- an address or a name.
CREATE TABLE sign_in_elsewhere (
    issuer     text NOT NULL,
    subject    text NOT NULL,
    account_id bigint NOT NULL REFERENCES account,
    tied_at    timestamptz NOT NULL,        -- district time, as the next
    used_at    timestamptz,
    PRIMARY KEY (issuer, subject),
    UNIQUE (account_id, issuer)
);
