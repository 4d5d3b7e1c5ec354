-- Room forms: receptions (接待), in which an official writes for somebody: who stands at a window, who agreed in writing
-- to be helped, who calls. What is written for somebody is the office's, not the official's.

CREATE TABLE reception (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL,                -- the official who serves
    org_id      integer NOT NULL REFERENCES organisation,
    way         text NOT NULL CHECK (way IN ('window', 'helper', 'call')),
    person_id   bigint REFERENCES person,       -- whose matters: NULL for a caller who said no name
    tie_id      bigint REFERENCES tie,          -- by which who stands there, or helps, acts for the person
    shown       text NOT NULL,                  -- the document that was shown, or what was asked
    begun_at    timestamptz NOT NULL,           -- district time
    recorded_at timestamptz NOT NULL,           -- machine time, as both below
    until       timestamptz NOT NULL,
    ended_at    timestamptz,
    CHECK (way = 'call' OR person_id IS NOT NULL),
    CHECK (way <> 'helper' OR tie_id IS NOT NULL)
);
CREATE INDEX reception_open ON reception (account_id, id DESC) WHERE ended_at IS NULL;
CREATE INDEX reception_until ON reception (until) WHERE ended_at IS NULL;
CREATE INDEX reception_person ON reception (person_id, id DESC);
ALTER TABLE reception ENABLE ROW LEVEL SECURITY;
ALTER TABLE reception FORCE ROW LEVEL SECURITY;
CREATE POLICY reception_seen ON reception USING (account_id = (SELECT zh_own_account()) OR (SELECT zh_sees_all()));

-- A draft that an official began is reached in a reception of the same office with the same person, by whoever serves.
ALTER TABLE form_draft ADD COLUMN reception_id bigint REFERENCES reception, ADD COLUMN org_id integer REFERENCES organisation,
    ADD COLUMN person_id bigint REFERENCES person, ADD COLUMN warned_at timestamptz,
    ADD CHECK ((reception_id IS NULL) = (org_id IS NULL)), ADD CHECK (person_id IS NULL OR org_id IS NOT NULL);
CREATE INDEX form_draft_person ON form_draft (person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX form_draft_warned ON form_draft (warned_at) WHERE warned_at IS NOT NULL;
ALTER POLICY form_draft_seen ON form_draft USING ((org_id IS NULL AND account_id = (SELECT zh_own_account()))
    OR (org_id IS NOT NULL AND EXISTS (SELECT FROM reception r WHERE r.account_id = (SELECT zh_own_account())
        AND r.ended_at IS NULL AND r.org_id = form_draft.org_id
        AND (r.id = form_draft.reception_id OR r.person_id = form_draft.person_id)))
    OR (SELECT zh_sees_all()));

-- What an official gave in for somebody is that person's; files go with what they belong to.
ALTER TABLE form_submission DROP CONSTRAINT form_submission_way_check,
    ADD CHECK (way IN ('hall', 'window', 'helper', 'call'));
ALTER POLICY form_submission_seen ON form_submission USING ((way = 'hall' AND account_id = (SELECT zh_own_account()))
    OR person_id = (SELECT zh_proved_person()) OR (SELECT zh_sees_all()));
ALTER POLICY form_file_seen ON form_file USING ((SELECT zh_sees_all())
    OR (draft_id IS NOT NULL AND EXISTS (SELECT FROM form_draft d WHERE d.id = draft_id))
    OR (submission_id IS NOT NULL AND EXISTS (SELECT FROM form_submission s WHERE s.id = submission_id)));

-- A paper in which somebody agreed that another acts for them (代办委托书), as it was scanned.
CREATE TABLE tie_paper (
    tie_id      bigint PRIMARY KEY REFERENCES tie,
    account_id  bigint REFERENCES account,      -- the official who may help by it, NULL: only who is named in the tie
    sort        text NOT NULL,
    size        bigint NOT NULL CHECK (size > 0),
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),
    sealed_with text NOT NULL,
    content     bytea NOT NULL,                 -- sealed, bound to the tie
    kept_by     bigint NOT NULL,
    at          timestamptz NOT NULL,           -- district time
    CHECK (account_id <> kept_by)               -- nobody attests what they help by
);
ALTER TABLE tie_paper ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX tie_paper_account ON tie_paper (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX tie_paper_key ON tie_paper (sealed_with, tie_id);
ALTER TABLE tie_paper ENABLE ROW LEVEL SECURITY;
ALTER TABLE tie_paper FORCE ROW LEVEL SECURITY;
CREATE POLICY tie_paper_seen ON tie_paper USING ((SELECT zh_sees_all()));
