-- Room places: how many facilities stand in each square of a map, kept as they come and go.

-- Squares of one 64th of the side of a tile of zoom 0 to 14: of the zooms 6 to 20, `code` being the Morton code at that zoom.
-- A map seen from afar is drawn from these alone; a tile has 4,096 of them at most, however many facilities it holds.
CREATE TABLE facility_square (
    zoom smallint NOT NULL,
    code bigint NOT NULL,
    n    integer NOT NULL,
    PRIMARY KEY (zoom, code) INCLUDE (n)
);

-- Add `p_by` for each code (at zoom 26) to the squares it lies in, finest first and in order: two who load at once wait for
-- each other, and never in a circle.
CREATE FUNCTION zh_squares_add(p_codes bigint[], p_by integer[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE codes bigint[] := p_codes; steps integer[] := p_by;
BEGIN
    FOR z IN REVERSE 20..6 LOOP
        SELECT array_agg(g.code ORDER BY g.code), array_agg(g.by ORDER BY g.code) INTO codes, steps FROM (
            SELECT u.code >> CASE WHEN z = 20 THEN 12 ELSE 2 END AS code, sum(u.by)::integer AS by
            FROM unnest(codes, steps) AS u(code, by) GROUP BY 1) g WHERE g.by <> 0;
        INSERT INTO facility_square AS s SELECT z, u.code, u.by FROM unnest(codes, steps) AS u(code, by)
            ON CONFLICT (zoom, code) DO UPDATE SET n = s.n + EXCLUDED.n;
        IF 0 > ANY (steps) THEN
            DELETE FROM facility_square s USING unnest(codes) AS u(code) WHERE s.zoom = z AND s.code = u.code AND s.n = 0;
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION zh_facilities_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM zh_squares_add(array_agg(f.morton), array_agg(1)) FROM became f;
    RETURN NULL;
END $$;
CREATE FUNCTION zh_facilities_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM zh_squares_add(array_agg(f.morton), array_agg(-1)) FROM was f;
    RETURN NULL;
END $$;
CREATE FUNCTION zh_facility_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM zh_squares_add(ARRAY[OLD.morton, NEW.morton], ARRAY[-1, 1]);
    RETURN NULL;
END $$;
CREATE TRIGGER squares_came AFTER INSERT ON facility REFERENCING NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION zh_facilities_came();
CREATE TRIGGER squares_went AFTER DELETE ON facility REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION zh_facilities_went();
CREATE TRIGGER squares_moved AFTER UPDATE OF morton ON facility FOR EACH ROW WHEN (OLD.morton <> NEW.morton)
    EXECUTE FUNCTION zh_facility_moved();

-- What stands here already.
SELECT zh_squares_add(array_agg(f.morton), array_agg(1)) FROM facility f;
