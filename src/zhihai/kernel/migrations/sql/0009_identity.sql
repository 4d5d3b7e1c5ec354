-- Room identity: reorganisation. Names are dated, and an organisation that ends has a successor.

ALTER TABLE organisation ADD COLUMN successor_id integer REFERENCES organisation CHECK (successor_id <> id);
    -- whose its matters are since it ended; below it in the tree. Always one that has not ended

-- Names that no longer hold, each until an instant of the district.
CREATE TABLE organisation_name (
    organisation_id integer NOT NULL REFERENCES organisation,
    until           timestamptz NOT NULL,
    name_zh         text NOT NULL,
    name_en         text NOT NULL,
    PRIMARY KEY (organisation_id, until)
);

-- What one organisation took over from another. Rooms above follow in the same transaction, each by a trigger of its own.
CREATE TABLE succession (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    old_id integer NOT NULL REFERENCES organisation,
    new_id integer NOT NULL REFERENCES organisation CHECK (new_id <> old_id),
    kinds  text[],                       -- full names of case kinds; NULL is all
    ends   boolean NOT NULL CHECK (NOT ends OR kinds IS NULL), -- the old one is no more
    cause  text NOT NULL,
    at     timestamptz NOT NULL,         -- district time
    actor  bigint NOT NULL,
    sort   text NOT NULL
);
