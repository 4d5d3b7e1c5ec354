"""``zhihai replay``: play the real hours of archives through a running platform."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from django.conf import settings

from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Words
from zhihai.kernel import house
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.sensing.kinds import DeviceKind
from zhihai.site.archive_replay import HOLD, Played, Replaying
from zhihai.site.commands.usage import USAGE
from zhihai.site.demonstration import reference_folder
from zhihai.site.folder import read_table, read_toml
from zhihai.site.officials import Officials, read_officials
from zhihai.site.player import HOUR, archives, hours_of
from zhihai.site.progress import progress
from zhihai.site.replay_token import replay_token
from zhihai.site.sender import Sender

ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for on the command line."""

    what: str
    folder: Path | None
    begin: str | None
    end: str | None
    speed: float | None
    together: int
    url: str | None
    token_file: Path | None
    as_json: bool


def command(words: Words, language: Language) -> click.Command:
    """Return the command."""

    def run(**given: object) -> int:
        asked = Asked(**given)  # type: ignore[arg-type]
        known = [ALL, *_packs()]
        if asked.what not in known:
            choices = ", ".join(known)
            raise click.UsageError(words.say("command.replay.what", language, what=asked.what, choices=choices))
        with journal.replaying(wait=HOLD):
            played = _replay(asked)
        if asked.as_json:
            click.echo(json.dumps(asdict(played) | {"instant": clock.now().isoformat()}, ensure_ascii=False))
        else:
            _tell(played, words, language)
        return 0

    return USAGE["replay"](words, language, run)


def _packs() -> list[str]:
    """Return the packs whose devices have an archive that can be read."""
    kinds = house.registry().all(DeviceKind)
    return sorted({name.partition(".")[0] for name, kind in kinds if kind.archive is not None})


def _replay(asked: Asked) -> Played:
    state = clock.clock()
    folder = asked.folder or reference_folder()
    start, end = _span(asked, state)
    kinds = {name for name, _ in house.registry().all(DeviceKind)}
    wanted = frozenset(kind for kind in kinds if asked.what in (ALL, kind.partition(".")[0]))
    found = archives(folder, read_table(folder / "stations.csv"), wanted)
    if not found:
        raise Refused("replay_nothing", "what", what=asked.what)
    hours = hours_of(found, house.registry(), state.zone, start, end)
    with closing(_sender(asked)) as send, progress((end - start) // HOUR) as step:
        replaying = Replaying(
            hours=hours,
            start=start,
            end=end,
            speed=asked.speed,
            together=asked.together,
            send=send,
            officials=_officials(folder) if settings.CONFIG.officials else None,
        )
        return replaying.run(lambda done, at: step(done, at.astimezone(state.zone).strftime("%Y-%m-%d %H:%M")))


def _span(asked: Asked, state: clock.DistrictClock) -> tuple[datetime, datetime]:
    """Return from when to when is played; raises ``Refused`` for what a clock that never goes back can not do."""
    if state.mode == "live":
        raise Refused("clock_not_replaying")
    now = _hour(state.instant)
    start = _hour(_instant(asked.begin, "--from", state.zone) or now)
    end = _instant(asked.end, "--to", state.zone) or state.ends_at
    if start < now:
        raise Refused("replay_before", "--from", now=state.instant.astimezone(state.zone).isoformat())
    if end is None or end < start + HOUR:
        raise Refused("replay_end", "--to", start=start.astimezone(state.zone).isoformat())
    return start, end


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _instant(text: str | None, field: str, zone: ZoneInfo) -> datetime | None:
    """Read an instant; one without offset from UTC is the district's."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("replay_instant", field, value=text) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _sender(asked: Asked) -> Sender:
    token = asked.token_file.read_text(encoding="ascii").strip() if asked.token_file else replay_token()
    return Sender(asked.url or f"http://{settings.CONFIG.host}:{settings.CONFIG.port}", token)


def _officials(folder: Path) -> Officials | None:
    file = folder / "officials.toml"
    return read_officials(read_toml(file)) if file.is_file() else None


def _tell(played: Played, words: Words, language: Language) -> None:
    def say(key: str, **facts: object) -> None:
        click.echo(words.say(f"command.replay.{key}", language, **facts))

    state = clock.clock()
    say(
        "done",
        hours=f"{played.hours:,}",
        readings=f"{played.readings:,}",
        posts=f"{played.posts:,}",
        seconds=f"{played.caught_up:.1f}",
    )
    say("stands", at=state.instant.astimezone(state.zone).strftime("%Y-%m-%d %H:%M"), zone=state.zone.key)
