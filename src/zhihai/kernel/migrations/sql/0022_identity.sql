-- Room identity: powers of officials. What a grant rests on, who confirmed and ended it, in whose place it is held.

ALTER TABLE membership
    ADD COLUMN ground         text NOT NULL DEFAULT '', -- on what the grant rests
    ADD COLUMN confirmed_by   bigint,                   -- the second pair of eyes; NULL where none was needed
    ADD COLUMN delegated_from bigint REFERENCES membership CHECK (delegated_from <> id), -- whose it is: held as a deputy
    ADD COLUMN follows        bigint REFERENCES membership, -- the one it came from when an organisation was taken over
    ADD COLUMN batch          text,                     -- the staff list it was given by
    ADD COLUMN ended_by       bigint,
    ADD COLUMN ended_ground   text,
    ADD COLUMN kept_at        timestamptz,              -- the last review that kept it, district time
    ADD COLUMN kept_by        bigint,
    ADD COLUMN kept_ground    text,
    DROP CONSTRAINT membership_check,                   -- what ends before it has begun is never held
    ADD CHECK (valid_to >= valid_from),
    ADD CHECK (delegated_from IS NULL OR valid_to IS NOT NULL);
CREATE INDEX membership_delegated ON membership (delegated_from) WHERE delegated_from IS NOT NULL;
CREATE INDEX membership_follows ON membership (follows) WHERE follows IS NOT NULL;
CREATE INDEX membership_organisation ON membership (organisation_id);

-- Grants that one official proposed and another has to confirm.
CREATE TABLE grant_proposal (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id      bigint NOT NULL REFERENCES account,
    role            text NOT NULL,
    organisation_id integer NOT NULL REFERENCES organisation,
    area_id         integer NOT NULL REFERENCES area,
    types           text[],              -- full names of case kinds; NULL is all
    valid_to        timestamptz,         -- until when it is to be held
    ground          text NOT NULL,
    batch           text,
    proposed_by     bigint NOT NULL,
    proposed_at     timestamptz NOT NULL, -- district time, like all of these
    expires_at      timestamptz NOT NULL CHECK (expires_at > proposed_at),
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'refused', 'withdrawn')),
    decided_by      bigint,
    decided_at      timestamptz,
    reason          text,
    membership_id   bigint REFERENCES membership,
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK ((state = 'confirmed') = (membership_id IS NOT NULL)),
    CHECK (decided_by IS DISTINCT FROM account_id AND (state <> 'confirmed' OR decided_by <> proposed_by))
);
CREATE INDEX grant_proposal_open ON grant_proposal (expires_at, id) WHERE state = 'open';
CREATE INDEX grant_proposal_account ON grant_proposal (account_id);

-- Officials are found by their name, the name of sign-in and the sound of the name; residents are not searched for here.
CREATE INDEX account_official_name ON account (name_zh COLLATE "C", id) WHERE sort <> 'resident';
CREATE INDEX account_official_sound ON account (sound COLLATE "C", id) WHERE sort <> 'resident';
CREATE INDEX account_official_username ON account (username COLLATE "C", id) WHERE sort <> 'resident';

-- Whose account is kept by the staff list (人事名册): who is in it no more has left.
CREATE TABLE staff_member (
    account_id bigint PRIMARY KEY REFERENCES account,
    batch      text NOT NULL,            -- the list that named them last
    left_at    timestamptz               -- district time
);
