-- Room services: service items (政务服务事项), their guides in versions, and the words they are found by.

-- Whence items were brought in; the note stands on every page that shows one of them.
CREATE TABLE service_source (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name_zh    text NOT NULL UNIQUE,
    name_en    text NOT NULL,
    note_zh    text NOT NULL DEFAULT '',
    note_en    text NOT NULL DEFAULT '',
    as_of      date,
    provenance text NOT NULL CHECK (provenance IN ('real', 'demonstration', 'synthetic'))
);

CREATE TABLE service_item (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code            text NOT NULL UNIQUE,            -- as the source writes it; its parts are read, never stored
    source_id       integer NOT NULL REFERENCES service_source,
    name            text NOT NULL,
    main            text NOT NULL DEFAULT '',        -- name of the main item (主项)
    sort            text NOT NULL DEFAULT '',        -- national sort, two digits (GB/T 39554.1); '' where nobody told
    office          text NOT NULL DEFAULT '',        -- the department as the source names it
    office_code     text NOT NULL DEFAULT '',
    organisation_id integer REFERENCES organisation, -- to whom it is assigned here; NULL: to nobody yet
    who             text NOT NULL DEFAULT '' CHECK (who IN ('', 'person', 'firm', 'both')),
    themes          text[] NOT NULL DEFAULT '{}',
    life            text[] NOT NULL DEFAULT '{}',
    words           text[] NOT NULL DEFAULT '{}',    -- how people ask for it
    words_source    text NOT NULL DEFAULT '',        -- who said themes, life events and words
    state           text NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    reason          text NOT NULL DEFAULT '',        -- of a withdrawal
    filled          smallint NOT NULL DEFAULT 0,     -- fields of the published guide that say something
    changed_at      timestamptz NOT NULL             -- district time
);
CREATE INDEX service_item_organisation ON service_item (organisation_id, id);
CREATE INDEX service_item_source ON service_item (source_id, id);
CREATE INDEX service_item_themes ON service_item USING gin (themes);
CREATE INDEX service_item_life ON service_item USING gin (life);

-- Guides (办事指南): each field with its source and the day it was so. What was published never changes again.
CREATE TABLE service_guide (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id      integer NOT NULL REFERENCES service_item,
    version      integer NOT NULL CHECK (version > 0),
    state        text NOT NULL CHECK (state IN ('draft', 'published', 'superseded')),
    fields       jsonb NOT NULL,
    made_at      timestamptz NOT NULL,               -- district time, as all of this table
    made_by      bigint NOT NULL,
    published_at timestamptz,
    published_by bigint,
    ended_at     timestamptz,
    UNIQUE (item_id, version),
    CHECK ((state = 'draft') = (published_at IS NULL) AND (published_at IS NULL) = (published_by IS NULL)),
    CHECK ((state = 'superseded') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX service_guide_draft ON service_guide (item_id) WHERE state = 'draft';
CREATE UNIQUE INDEX service_guide_published ON service_guide (item_id) WHERE state = 'published';

-- Words that mean the same to whoever asks (同义词), a group in each row.
CREATE TABLE service_synonym (
    id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    words text[] NOT NULL CHECK (cardinality(words) > 1)
);

-- How to reach a person: the hotline, the window. At most two steps from every page of the hall.
CREATE TABLE service_contact (
    sort     text PRIMARY KEY CHECK (sort IN ('hotline', 'window')),
    name_zh  text NOT NULL,
    name_en  text NOT NULL,
    phone    text NOT NULL DEFAULT '',
    place_zh text NOT NULL DEFAULT '',
    place_en text NOT NULL DEFAULT '',
    hours_zh text NOT NULL DEFAULT '',
    hours_en text NOT NULL DEFAULT '',
    source   text NOT NULL
);

-- The version of all that search rests on: each process keeps an index under it and makes it anew when it moved.
CREATE TABLE service_footing (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL
);
INSERT INTO service_footing (version) VALUES ((extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
CREATE FUNCTION zh_service_footing_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE service_footing
        SET version = greatest(version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    RETURN NULL;
END $$;
CREATE TRIGGER service_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON service_item
    FOR EACH STATEMENT EXECUTE FUNCTION zh_service_footing_moved();
CREATE TRIGGER service_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON service_synonym
    FOR EACH STATEMENT EXECUTE FUNCTION zh_service_footing_moved();
CREATE TRIGGER service_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON service_contact
    FOR EACH STATEMENT EXECUTE FUNCTION zh_service_footing_moved();
CREATE TRIGGER service_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON service_source
    FOR EACH STATEMENT EXECUTE FUNCTION zh_service_footing_moved();
