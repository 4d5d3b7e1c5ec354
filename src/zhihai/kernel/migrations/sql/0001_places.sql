-- Room places: areas as a tree, grid cells, facilities, and the shapes of the base map.

CREATE TABLE area (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL UNIQUE,
    level      text NOT NULL CHECK (level IN ('district', 'street', 'community')),
    name_zh    text NOT NULL,
    name_en    text NOT NULL,
    parent_id  integer REFERENCES area,
    lo         integer NOT NULL,         -- preorder: a subtree is lo..hi, both included
    hi         integer NOT NULL CHECK (hi >= lo),
    shape      bytea,                    -- WKB, WGS84; NULL where no boundary is loaded
    bounds     box,
    mended     jsonb NOT NULL DEFAULT '[]', -- what was mended of the shape as published, and what it overlaps
    valid_from date,                     -- NULL: unknown
    valid_to   date,
    provenance text NOT NULL DEFAULT 'real',
    facts      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX area_lo ON area (lo);
CREATE INDEX area_parent ON area (parent_id);

-- Grows whenever boundaries are loaded: processes that keep them in memory ask whether they still hold. A time, so that
-- what was rolled back and copies of one database never agree with it by chance.
CREATE TABLE places_version (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL
);
INSERT INTO places_version (version) VALUES (0);

CREATE TABLE grid_cell (
    code       text PRIMARY KEY CHECK (code ~ '^[0-9]{15}$'),
    area_id    integer NOT NULL REFERENCES area,
    bounds     box NOT NULL,
    provenance text NOT NULL
);
CREATE INDEX grid_cell_bounds ON grid_cell USING gist (bounds);

CREATE TABLE facility (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL,            -- component class, e.g. 0102
    code       text NOT NULL UNIQUE,
    name       text NOT NULL DEFAULT '',
    area_id    integer NOT NULL REFERENCES area,
    area_lo    integer NOT NULL,
    cell       text,
    morton     bigint NOT NULL,          -- web-mercator cell at zoom 26
    state      text NOT NULL DEFAULT 'present',
    provenance text NOT NULL
);
CREATE INDEX facility_morton ON facility (morton) INCLUDE (id, kind);
CREATE INDEX facility_area ON facility (area_lo, id);

-- A place in the tree that is kept beside a row follows when the tree is numbered anew, in the same transaction.
CREATE FUNCTION zh_facilities_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE facility f SET area_lo = NEW.lo WHERE f.area_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER facilities_follow AFTER UPDATE OF lo ON area FOR EACH ROW WHEN (OLD.lo <> NEW.lo)
    EXECUTE FUNCTION zh_facilities_follow();

CREATE TABLE base_shape (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer  text NOT NULL,                -- roads, buildings
    class  text NOT NULL DEFAULT '',
    name   text NOT NULL DEFAULT '',
    shape  bytea NOT NULL,
    bounds box NOT NULL,
    source text NOT NULL
);
CREATE INDEX base_shape_bounds ON base_shape USING gist (bounds);
CREATE INDEX base_shape_layer ON base_shape (layer, id);
