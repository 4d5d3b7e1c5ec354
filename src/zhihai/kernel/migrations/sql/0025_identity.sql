-- Room identity: keys that sign people in (passkeys), and sign-ins that last (sessions).

-- A key is one account's, and found by the number that its authenticator gave it.
CREATE UNIQUE INDEX passkey_credential ON mfa_authenticator ((data->>'credential')) WHERE type = 'webauthn';

-- What its owner is shown of a sign-in. No address and no user agent: what sort of browser it was, and no more.
CREATE TABLE sign_in (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_key varchar(40) NOT NULL UNIQUE REFERENCES django_session ON DELETE CASCADE,
    account_id  bigint NOT NULL REFERENCES account,
    browser     text NOT NULL,
    system      text NOT NULL,
    at          timestamptz NOT NULL,       -- machine time, as the next
    seen_at     timestamptz NOT NULL        -- to ten minutes
);
CREATE INDEX sign_in_account ON sign_in (account_id);

-- Sign-ins of before are not known by account: whoever was signed in does so anew, once.
DELETE FROM django_session;
