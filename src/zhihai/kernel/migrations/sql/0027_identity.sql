-- Room identity: what somebody says is wrong with what is known of them; the case that it becomes knows the number alone.

CREATE TABLE correction (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES person,
    field      text NOT NULL,
    value      text NOT NULL,                   -- what it should be, in the form a field is kept in
    said       text NOT NULL,                   -- why, and what shows it
    account_id bigint NOT NULL,
    at         timestamptz NOT NULL             -- district time
);
CREATE INDEX correction_person ON correction (person_id, id);
ALTER TABLE correction ENABLE ROW LEVEL SECURITY;
ALTER TABLE correction FORCE ROW LEVEL SECURITY;
CREATE POLICY correction_seen ON correction USING (person_id = (SELECT zh_seen_person())
    OR person_id = (SELECT zh_proved_person()) OR (SELECT zh_sees_all()));
