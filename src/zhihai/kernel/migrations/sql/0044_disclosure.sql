-- Room disclosure: agreements to publish that were taken back (撤回公开意愿). Who did it stands in the journal.

CREATE TABLE publication_agreement_ended (
    matter text PRIMARY KEY,       -- the number of the matter that was asked, whether something came out of it or not
    at     timestamptz NOT NULL    -- district time
);
