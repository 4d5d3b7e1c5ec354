-- Room disclosure: questions and answers (常见问题), and summaries of what was asked for (依申请公开摘要).

-- The number of the matter it came out of; '' where it came out of none. One matter gives one publication at most.
ALTER TABLE publication ADD COLUMN matter text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX publication_matter ON publication (matter) WHERE matter <> '';

ALTER TABLE publication_version
    ADD COLUMN items text[] NOT NULL DEFAULT '{}', -- codes of the service items it concerns
    ADD COLUMN theme text NOT NULL DEFAULT '';     -- one of the national themes, where it concerns no item of one

CREATE OR REPLACE FUNCTION zh_publication_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (TG_OP = 'DELETE' OR
        (OLD.title, OLD.body, OLD.document_number, OLD.made_on, OLD.published_at, OLD.published_by, OLD.reason,
            OLD.items, OLD.theme)
        IS DISTINCT FROM
        (NEW.title, NEW.body, NEW.document_number, NEW.made_on, NEW.published_at, NEW.published_by, NEW.reason,
            NEW.items, NEW.theme)) THEN
        RAISE EXCEPTION 'what was published is never changed';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- The version of what the search of questions rests on: each process keeps an index under it.
CREATE TABLE publication_footing (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL
);
INSERT INTO publication_footing (version) VALUES ((extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
CREATE FUNCTION zh_publication_footing_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE publication_footing
        SET version = greatest(version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    RETURN NULL;
END $$;
CREATE TRIGGER publication_footing AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON publication
    FOR EACH STATEMENT EXECUTE FUNCTION zh_publication_footing_moved();

-- Reviews and law suits about requests that were answered (行政复议、行政诉讼), one of each sort at most.
CREATE TABLE request_dispute (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL,                    -- of the request
    sort        text NOT NULL CHECK (sort IN ('review', 'suit', 'suit_after_review')),
    body        text NOT NULL,                    -- who decides it: a government or a court
    reference   text NOT NULL DEFAULT '',         -- the number it has there
    begun_on    date NOT NULL,
    result      text NOT NULL CHECK (result IN ('pending', 'upheld', 'corrected', 'other')),
    ended_on    date,
    recorded_by bigint NOT NULL,
    recorded_at timestamptz NOT NULL,             -- district time
    UNIQUE (number, sort),
    CHECK ((result = 'pending') = (ended_on IS NULL)),
    CHECK (ended_on >= begun_on)
);
