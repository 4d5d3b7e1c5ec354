"""Faults of the machine: its database, its processes, its disk, its settings."""

from __future__ import annotations

import os
import shutil
import signal
import time

from tools.faults.stage import NotSoError, Platform, Trial, hold, reading, wait_for

LEFT = 6 * 2**20
"""Bytes that are left on the full disk."""
FULL = 0.05
"""The alarm of docs/howto/watch.md: less than this share of the disk is free."""
BATCH, MOST_BATCHES = 3000, 30


def database_died(trial: Trial) -> None:
    """The database is killed: pages answer 503 for moments, it is started again, and nothing is lost."""
    with trial.stage.platform(trial.name) as platform:
        platform.up()
        number = platform.open_case()
        before = platform.database()
        trial.done()
        before.send_signal(signal.SIGKILL)
        wait_for(lambda: platform.health().get("state") == "database_away", "/health says database_away", 20)
        hold(platform.ask("/health/live")[0] == 200, "/health/live says 200 all the same")
        wait_for(lambda: "The database stopped unexpectedly" in platform.log(), "the log says that it stopped")
        trial.see("/health: database_away; log: The database stopped unexpectedly")
        wait_for(lambda: platform.health().get("state") == "ok", "/health says ok again")
        hold(platform.database().pid != before.pid, "a new database is at work")
        hold(platform.sql(f"SELECT 1 FROM cases WHERE number = '{number}'"), "the case from before is there")
        platform.done("verify", "--state")
        trial.mend("by itself; verify --state finds no fault")


def background_frozen(trial: Trial) -> None:
    """The process of the background work stands still: its leases run out; killed, it is started again."""
    with trial.stage.platform(trial.name) as platform:
        platform.up()
        frozen = platform.background()
        trial.done()
        frozen.suspend()
        try:
            wait_for(lambda: platform.worker("pulse").get("running") is False, "/health: pulse does not run", 40)
            hold(platform.measure("zhihai_worker_leased") == 0, "zhihai_worker_leased is 0")
            hold(platform.ask("/health/ready")[0] == 200, "pages answer meanwhile")
            wait_for(lambda: platform.health().get("state") == "behind", "/health says behind")
            trial.see("/health: running false, then behind; zhihai_worker_leased 0")
        finally:
            frozen.kill()
        wait_for(lambda: platform.health().get("state") == "ok", "/health says ok again")
        hold(platform.worker("pulse").get("running"), "pulse runs")
        hold("Process background ended unexpectedly" in platform.log(), "the log says so")
        trial.mend("kill -9 of zh-background; it was started again")


def disk_full(trial: Trial) -> None:
    """The disk of the data folder runs full: nothing is acknowledged that is not kept; room made, it goes on."""
    with trial.stage.platform(trial.name, small_disk=True) as platform:
        platform.up()
        token = platform.done("token", "stations")
        hold(platform.send(token, [reading(1)])[0] in (200, 201), "a reading is taken while there is room")
        trial.done()
        ballast = platform.data / "ballast"
        with ballast.open("wb") as out:
            os.posix_fallocate(out.fileno(), 0, shutil.disk_usage(platform.data).free - LEFT)
        kept, key = _until_refused(platform, token)
        wait_for(lambda: platform.ended() or _free_share(platform) < FULL, "zhihai_disk_free_bytes says so")
        wait_for(lambda: "No space left on device" in _database_log(platform), "the database's log says so")
        trial.see("answers 5xx; zhihai_disk_free_bytes near 0; database's log: No space left on device")
        ballast.unlink()
        again = _going_on(platform)
        wait_for(lambda: platform.send(token, _batch(kept), key)[0] in (200, 201), "the batch refused is taken now")
        told = platform.sql("SELECT count(*) FROM observation WHERE envelope_id IS NOT NULL")[0][0]
        hold(told == 1 + (kept + 1) * BATCH, f"every reading acknowledged is there once: {told}, {kept} batches")
        platform.done("verify", "--state")
        trial.mend(f"room made{again}; what was refused, sent again under its key, is there once")


def _free_share(platform: Platform) -> float:
    """Return how much of the disk is free as the measures tell; 1 when nobody answers."""
    free, size = platform.measure("zhihai_disk_free_bytes"), platform.measure("zhihai_disk_size_bytes")
    return free / size if size > 0 else 1.0


def _batch(number: int) -> list[dict[str, object]]:
    """Return readings that no other batch holds."""
    first = 2 + number * BATCH
    return [reading(hours) for hours in range(first, first + BATCH)]


def _until_refused(platform: Platform, token: str) -> tuple[int, str]:
    """Send batches until one is refused; return how many were taken and the key of the one that was not."""
    for number in range(MOST_BATCHES):
        key = f"batch-{number}"
        status, told = platform.send(token, _batch(number), key)
        if status not in (200, 201):
            return number, key
        hold(told["accepted"] == BATCH, f"a batch is taken whole: {told}")
    raise NotSoError("the disk never ran full")


def _going_on(platform: Platform) -> str:
    """Wait until the platform serves; start it again where it has given up, and say so."""
    until = time.monotonic() + 20
    while time.monotonic() < until and not platform.ended():
        if platform.ask("/health/ready")[0] == 200:
            return ""
        time.sleep(0.2)
    platform.end()
    platform.up()
    return ", platform started again"


def _database_log(platform: Platform) -> str:
    files = [platform.log_file, platform.data / "records-start.log", *(platform.data / "records").glob("log/*")]
    return "".join(one.read_text(encoding="utf-8", errors="replace") for one in files if one.is_file())


def wrong_setting(trial: Trial) -> None:
    """A setting that can not be: nothing starts, and a sentence names the setting and what to do."""
    with trial.stage.platform(trial.name) as platform:
        trial.done()
        refused = platform.zhihai("up", ZHIHAI_THREADS="many")
        hold(refused.returncode == 1, f"the exit code is 1, not {refused.returncode}")
        said = "ZHIHAI_THREADS: give a whole number from 1 to 256."
        hold(said in refused.stderr, f"it says so: {refused.stderr}")
        file = platform.data.parent / "zhihai.toml"
        file.write_text("prot = 8000\n", encoding="utf-8")
        refused = platform.zhihai("check", ZHIHAI_CONFIG=str(file))
        hold(refused.returncode == 1 and "Did you mean port?" in refused.stderr, f"it says so: {refused.stderr}")
        trial.see(f"exit code 1; {said}")
        file.write_text("threads = 4\n", encoding="utf-8")
        platform.up(ZHIHAI_CONFIG=str(file))
        hold("ready http" in platform.log(), "the platform starts")
        trial.mend("the setting put right; zhihai up says ready")
