-- Room places: names of areas are dated, an area that ends has a successor, and what keeps a place follows at once.

ALTER TABLE area ADD COLUMN successor_id integer REFERENCES area CHECK (successor_id <> id);
    -- to which its ground belongs since it ended; below it in the tree. Always one that has not ended

CREATE TABLE area_name (
    area_id integer NOT NULL REFERENCES area,
    until   timestamptz NOT NULL,        -- district time
    name_zh text NOT NULL,
    name_en text NOT NULL,
    PRIMARY KEY (area_id, until)
);

-- One statement for all areas that are numbered anew, instead of one for each.
CREATE OR REPLACE FUNCTION zh_facilities_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM was JOIN became USING (id) WHERE was.lo <> became.lo) THEN
        UPDATE facility f SET area_lo = b.lo FROM became b WHERE f.area_id = b.id AND f.area_lo <> b.lo;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER facilities_follow ON area;
CREATE TRIGGER facilities_follow AFTER UPDATE ON area REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION zh_facilities_follow();
