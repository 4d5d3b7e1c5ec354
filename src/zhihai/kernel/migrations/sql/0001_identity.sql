-- Room identity: organisations as a tree, roles held in them over areas, tokens. The account table is Django's.

CREATE TABLE organisation (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL UNIQUE,
    sort       text NOT NULL,            -- district, department, street, community
    name_zh    text NOT NULL,
    name_en    text NOT NULL,
    parent_id  integer REFERENCES organisation,
    lo         integer NOT NULL,
    hi         integer NOT NULL CHECK (hi >= lo),
    area_id    integer REFERENCES area,
    valid_from date,
    valid_to   date,
    provenance text NOT NULL DEFAULT 'real'
);
CREATE INDEX organisation_lo ON organisation (lo);

CREATE TABLE membership (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id      bigint NOT NULL REFERENCES account,
    role            text NOT NULL,
    organisation_id integer NOT NULL REFERENCES organisation,
    area_id         integer NOT NULL REFERENCES area,
    types           text[],              -- full names of case kinds; NULL is all
    valid_from      timestamptz NOT NULL,
    valid_to        timestamptz,
    granted_by      bigint NOT NULL,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX membership_account ON membership (account_id);
CREATE INDEX membership_role ON membership (role, organisation_id);

CREATE TABLE api_token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    digest     bytea NOT NULL UNIQUE,    -- sha256 of the token, which is never kept
    powers     text[],                   -- NULL: all that the account has
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX api_token_account ON api_token (account_id);
