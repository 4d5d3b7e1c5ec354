"""The template of all runs: a loaded district with addresses for mail, and a trace of how listeners move."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

from django.core.management import call_command
from django.db import connections

from tools.crash.scene import Scene, district_folder
from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.site.configuration import Configuration
from zhihai.site.loading import load_district
from zhihai.site.postgres import EmbeddedPostgres, find_place
from zhihai.site.postgres_settings import server_settings
from zhihai.site.replay_token import replay_token

TRACE = """
CREATE TABLE lab_cursor (n bigint GENERATED ALWAYS AS IDENTITY, name text, before text, after text);
CREATE FUNCTION lab_trace() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (NEW.era, NEW.xid, NEW.id) <> (OLD.era, OLD.xid, OLD.id) THEN
        INSERT INTO lab_cursor (name, before, after) VALUES
            (NEW.name, concat_ws(' ', OLD.era, OLD.xid, OLD.id), concat_ws(' ', NEW.era, NEW.xid, NEW.id));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lab_trace AFTER UPDATE ON listener FOR EACH ROW EXECUTE FUNCTION lab_trace();
"""
"""Each move of a listener, written in the transaction that moves it: what was heard twice or left out would show."""
EARLIER = timedelta(days=3)


def server(config: Configuration) -> EmbeddedPostgres:
    """Return the run's own server, with the settings it has in service."""
    place = find_place(config)
    return EmbeddedPostgres(place, server_settings(config, place.major))


def build(scene: Scene, config: Configuration) -> str:
    """Build the template and return the token that readings are sent with."""
    database = server(config)
    database.start()
    try:
        call_command("migrate", verbosity=0, interactive=False)
        load_district(
            district_folder(scene), at_machine=datetime.now(UTC), live=False, demonstration=True, say=lambda *_: None
        )
        journal.set_clock(SYSTEM, mode="frozen", instant=clock.now() + EARLIER, at=clock.now())
        records.execute("UPDATE account SET email = username || '@lakeside.test' WHERE starts_with(username, 'lab-')")
        records.execute(TRACE)
        token = replay_token()
        connections.close_all()
    finally:
        database.stop(30)
    (scene.data / "demonstration").touch()
    shutil.move(scene.data, scene.template)
    return token
