-- Rooms sensing, exchange and catalogue: what an organisation has goes over to its successor; copies of devices that
-- processes keep are out of date when a tree is numbered anew.

CREATE FUNCTION zh_things_succeed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ends THEN
        UPDATE device SET org_id = NEW.new_id WHERE org_id = NEW.old_id;
        UPDATE connector SET org_id = NEW.new_id WHERE org_id = NEW.old_id;
        UPDATE dataset SET owner_id = NEW.new_id WHERE owner_id = NEW.old_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER things_succeed AFTER INSERT ON succession FOR EACH ROW EXECUTE FUNCTION zh_things_succeed();

CREATE FUNCTION zh_devices_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM was JOIN became USING (id) WHERE was.lo <> became.lo) THEN
        UPDATE sensing_version
            SET version = greatest(version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER devices_follow AFTER UPDATE ON area REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION zh_devices_follow();
CREATE TRIGGER devices_follow AFTER UPDATE ON organisation REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION zh_devices_follow();
