-- Room disclosure: what the government publishes of itself (政府信息公开), each in versions with a permanent address.

CREATE TABLE publication (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- its address for good
    kind            text NOT NULL,                   -- full name of the kind: its place in the list (目录)
    organisation_id integer NOT NULL REFERENCES organisation,
    state           text NOT NULL CHECK (state IN ('draft', 'published', 'repealed', 'withdrawn')),
    reason          text NOT NULL DEFAULT '',        -- why it was repealed or withdrawn
    source          text NOT NULL DEFAULT '',        -- whence it was brought in; '' where it was written here
    provenance      text NOT NULL,
    changed_at      timestamptz NOT NULL,            -- district time, as all of this file
    CHECK (state IN ('draft', 'published') OR reason <> '')
);
CREATE INDEX publication_organisation ON publication (organisation_id, id DESC);

-- What was published never changes again; one draft at most waits beside it.
CREATE TABLE publication_version (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    publication_id  integer NOT NULL REFERENCES publication,
    version         integer NOT NULL CHECK (version > 0),
    state           text NOT NULL CHECK (state IN ('draft', 'published', 'superseded')),
    revision        integer NOT NULL DEFAULT 1,      -- of a draft: moves with every change of text or files
    title           text NOT NULL,
    body            text NOT NULL,                   -- Markdown
    document_number text NOT NULL DEFAULT '',        -- 发文字号
    made_on         date NOT NULL,                   -- when the information was made or changed
    due_on          date,                            -- the last day in time; NULL where no calendar reaches
    reason          text NOT NULL DEFAULT '',        -- why the version before it was amended
    written_by      bigint[] NOT NULL,               -- all who wrote at it
    written_at      timestamptz NOT NULL,
    reviewed_by     bigint,                          -- secrecy (保密审查): at which revision, found what, by which ground
    reviewed_at     timestamptz,
    fit             boolean,
    ground          text NOT NULL DEFAULT '',
    published_by    bigint,
    published_at    timestamptz,
    ended_at        timestamptz,
    taken_down_at   timestamptz,                     -- nobody reads it any more, whatever is published after it
    pieces          text[] NOT NULL DEFAULT '{}',    -- what the published version is found by
    title_pieces    text[] NOT NULL DEFAULT '{}',
    UNIQUE (publication_id, version),
    CHECK ((state = 'draft') = (published_at IS NULL) AND (published_at IS NULL) = (published_by IS NULL)),
    CHECK ((state = 'superseded') = (ended_at IS NOT NULL)),
    CHECK ((reviewed_by IS NULL) = (fit IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)),
    CHECK (NOT reviewed_by = ANY (written_by) AND NOT published_by = ANY (written_by)), -- by another than who wrote it
    CHECK (state = 'draft' OR fit)
);
CREATE UNIQUE INDEX publication_version_draft ON publication_version (publication_id) WHERE state = 'draft';
CREATE UNIQUE INDEX publication_version_published ON publication_version (publication_id) WHERE state = 'published';
CREATE INDEX publication_version_latest ON publication_version (published_at DESC, id DESC) WHERE state = 'published';
CREATE INDEX publication_version_pieces ON publication_version USING gin (pieces) WHERE state = 'published';

CREATE FUNCTION zh_publication_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (TG_OP = 'DELETE' OR
        (OLD.title, OLD.body, OLD.document_number, OLD.made_on, OLD.published_at, OLD.published_by, OLD.reason)
        IS DISTINCT FROM
        (NEW.title, NEW.body, NEW.document_number, NEW.made_on, NEW.published_at, NEW.published_by, NEW.reason)) THEN
        RAISE EXCEPTION 'what was published is never changed';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER publication_version_stays BEFORE UPDATE OR DELETE ON publication_version
    FOR EACH ROW EXECUTE FUNCTION zh_publication_version_stays();

-- A file is kept once, however many versions carry it.
CREATE TABLE publication_file (
    key     text PRIMARY KEY,
    name    text NOT NULL,
    sort    text NOT NULL,
    size    bigint NOT NULL CHECK (size > 0),
    digest  bytea NOT NULL CHECK (octet_length(digest) = 32),
    content bytea NOT NULL
);
ALTER TABLE publication_file ALTER COLUMN content SET STORAGE EXTERNAL; -- documents are compressed already
CREATE TABLE publication_version_file (
    version_id bigint NOT NULL REFERENCES publication_version ON DELETE CASCADE,
    file       text NOT NULL REFERENCES publication_file,
    place      smallint NOT NULL,
    PRIMARY KEY (version_id, file)
);
CREATE INDEX publication_version_file_file ON publication_version_file (file);

-- The public register finds its requests by the kind of what was given in.
CREATE INDEX application_kind ON application (kind, id DESC);
