"""What the government published elsewhere before (已公开信息), as a file of a district's folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import groupby

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.disclosure import acts as disclosure
from zhihai.kernel.disclosure.kinds import BroughtIn, VersionInput
from zhihai.site.folder import DistrictFolder, Line, read_day

Say = Callable[[str, int], None]
"""Told after each part: the name of the file and how many lines of it were loaded."""


def load_publications(given: DistrictFolder, at: datetime, say: Say) -> None:
    """Bring in what a district's folder says was published before, source by source."""
    lines = sorted(given.lines("publications.csv"), key=_whence)
    for (source, provenance), ours in groupby(lines, key=_whence):
        brought = [_brought(line) for line in sorted(ours, key=lambda line: (line["published_on"], line.number))]
        disclosure.bring_in_publications(SYSTEM, brought, source, at=at, provenance=provenance)
    say("publications.csv", len(lines))


def _whence(line: Line) -> tuple[str, str]:
    return line["source"], line["provenance"]


def _brought(line: Line) -> BroughtIn:
    says = VersionInput(
        title=line["title"], body=line["body"], made_on=read_day(line["made_on"]), number=line["number"]
    )  # fmt: skip
    return BroughtIn(
        kind=line["kind"], organisation=line["organisation"], says=says, published_on=read_day(line["published_on"])
    )
