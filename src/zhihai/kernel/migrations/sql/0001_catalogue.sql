-- Room catalogue: datasets, their fields, and records.

CREATE TABLE dataset (
    name       text PRIMARY KEY,         -- full name of the kind: pack.id
    owner_id   integer REFERENCES organisation, -- NULL: the district has named no owner yet
    grade      text NOT NULL CHECK (grade IN ('open', 'shared', 'restricted', 'closed')),
    fields     jsonb NOT NULL,           -- id, sort and unit of each, in order
    licence    text NOT NULL DEFAULT '',
    source     text NOT NULL DEFAULT '',
    provenance text NOT NULL DEFAULT '' CHECK (provenance IN ('', 'real', 'replayed', 'synthetic', 'mixed')), -- '': no rows
    updated_at timestamptz               -- district time of the last change of its rows; NULL: none
);

CREATE TABLE record (
    dataset    text NOT NULL REFERENCES dataset,
    key        text NOT NULL,
    data       jsonb NOT NULL,
    valid_from date,
    valid_to   date CHECK (valid_to >= valid_from),
    at         timestamptz NOT NULL,     -- district time it was put
    PRIMARY KEY (dataset, key)
);
