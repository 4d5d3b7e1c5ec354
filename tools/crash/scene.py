"""The scene: a data folder that is copied for each run, the ports, and what is said to whom by the environment."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.crash import moved_clock

ROOT = Path(__file__).resolve().parents[2]
DISTRICT = ROOT / "tests" / "districts" / "lakeside"
STATIONS = 16
READERS = 6
"""Accounts with an address for mail; the others are told within the platform alone."""
WRITERS = 4
THREADS = 16
"""64 writers: two processes of sixteen threads send readings by HTTP, two open cases and work them through the acts."""
WEB_WORKERS, WEB_THREADS = 2, 8
LEASE = 1.5
"""Seconds that a lease lasts here, a tenth of what it does in service, so that it runs out within a run."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Folders and ports of a laboratory; all runs of it use the same, one after another."""

    work: Path
    web: int
    web_line: int
    mail: int
    mail_line: int

    @property
    def data(self) -> Path:
        """The data folder of the run at hand."""
        return self.work / "data"

    @property
    def template(self) -> Path:
        """The data folder that every run begins with."""
        return self.work / "template"

    @property
    def notes(self) -> Path:
        """What writers and receiver wrote down."""
        return self.work / "notes"

    @property
    def log(self) -> Path:
        """What the processes of the run said."""
        return self.work / "run.log"

    def settle(self) -> None:
        """Say to the platform, by the environment, where it is; before anything of it is imported."""
        for name in [name for name in os.environ if name.startswith("ZHIHAI_")]:
            del os.environ[name]
        nothing = self.work / "zhihai.toml"
        nothing.touch()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="zhihai.site.settings",
            ZHIHAI_CONFIG=str(nothing),
            ZHIHAI_DATA=str(self.data),
            ZHIHAI_DEMONSTRATION="1",
            ZHIHAI_PORT=str(self.web),
            ZHIHAI_WORKERS=str(WEB_WORKERS),
            ZHIHAI_THREADS=str(WEB_THREADS),
            ZHIHAI_BUFFERS="64",
            ZHIHAI_SMTP_URL=f"smtp://127.0.0.1:{self.mail_line}",
        )
        if moved_clock.clock_moves():
            os.environ["ZHIHAI_POSTGRES_BIN"] = str(moved_clock.programs(self.work))

    def fresh(self) -> None:
        """Begin a run: the template's data, and nothing written down."""
        self.clear()
        subprocess.run(["cp", "-a", self.template, self.data], check=True)
        shutil.rmtree(self.notes, ignore_errors=True)
        self.notes.mkdir()
        self.log.write_bytes(b"")

    def clear(self) -> None:
        """Remove the data of the run before, and the small disk it may have stood on."""
        if os.path.ismount(self.data / "records"):
            subprocess.run(["umount", "-l", self.data / "records"], check=True)
        shutil.rmtree(self.data, ignore_errors=True)

    def end(self) -> None:
        """Leave nothing behind."""
        self.clear()
        shutil.rmtree(self.work, ignore_errors=True)


def make_scene(work: Path) -> Scene:
    """Make a scene in an empty folder, with free ports."""
    work.chmod(0o711)
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return Scene(work, *ports)


def station(writer: int) -> str:
    """Return the device whose readings a writer sends; two writers share one."""
    return f"lab-{writer % STATIONS:02d}"


def district_folder(scene: Scene) -> Path:
    """Lay out the invented district with stations for all writers, and people who get mail."""
    folder = scene.work / "district"
    shutil.copytree(DISTRICT, folder)
    with (folder / "stations.csv").open("a", encoding="utf-8") as out:
        for number in range(STATIONS):
            out.write(
                f"{station(number)},air.station,990101-environment,990101001,own,站{number},Station {number},"
                f"100.01{number:02d},30.005,0,2014-01-01,,synthetic\n"
            )
    with (folder / "accounts.csv").open("a", encoding="utf-8") as out:
        for number in range(READERS):
            role = ("dispatcher", "inspector", "supervisor")[number % 3]
            organisation = "990101-environment" if role == "inspector" else "990101"
            out.write(f"lab-{number:02d},{role},{organisation},990101,person,zh,收件人{number},Reader {number}\n")
    return folder
