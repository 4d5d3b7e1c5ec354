"""The hundred case kinds of the simulated district, one form with limits of its own each, and their words.

They are no pack of the house: only a data folder begun for a simulated district takes them in. They serve no clause.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from zhihai.ground.kind import Kind
from zhihai.ground.words import Phrase, read_words
from zhihai.ground.worktime.limits import Limit, WarnAt
from zhihai.kernel.cases.kinds import CaseKind, ClockKind, Outcome, Step
from zhihai.site.packs import Pack

WORDS = Path(__file__).with_name("words.toml")
PACK = "simulated"
COUNT = 100
FORM = "simulation.kind."
"""Under this key stand the words of one kind; ``{n}`` is its number."""

STEPS = (
    Step(
        id="accept", role="dispatcher",
        outcomes=(Outcome(id="take_on", opens=("handle",)), Outcome(id="decline", closes="declined", evidence=True)),
    ),
    Step(id="handle", role="street_official", outcomes=(Outcome(id="done", opens=("check",)),)),
    Step(
        id="check", role="inspector",
        outcomes=(Outcome(id="confirm", closes="solved"), Outcome(id="send_back", opens=("handle",), evidence=True)),
    ),
)  # fmt: skip


def kind_name(number: int) -> str:
    """Return the full name of a kind; ``number`` is from 1 to ``COUNT``."""
    return f"{PACK}.matter_{number:03}"


def simulated_pack() -> Pack:
    """Return the hundred kinds with their words, as a pack that no folder holds."""
    form = {key.removeprefix(FORM): said for key, said in read_words(WORDS).items() if key.startswith(FORM)}
    words = {
        f"{PACK}.case.matter_{number:03}.{key}": Phrase(_numbered(said.zh, number), _numbered(said.en, number))
        for number in range(1, COUNT + 1)
        for key, said in form.items()
    }
    kinds: tuple[Kind, ...] = tuple(_kind(number) for number in range(1, COUNT + 1))
    return Pack(PACK, "", (), "", kinds, MappingProxyType(words), WORDS.parent)


def _numbered(text: str, number: int) -> str:
    return text.replace("{n}", str(number))


def _kind(number: int) -> CaseKind:
    clocks = (
        ClockKind(
            id="statutory", sort="statutory", limit=Limit(15 + 5 * (number % 10), "working_day"),
            warning=WarnAt(percent=90), confirmed=False,
        ),
        ClockKind(
            id="promised", sort="promised", limit=Limit(5 + number % 12, "working_day"), warning=WarnAt(before=1),
            confirmed=False,
        ),
        ClockKind(
            id="answer", sort="step", limit=Limit(24 * (4 + number % 4), "calendar_hour"), warning=WarnAt(percent=75),
            stops="handle", confirmed=False,
        ),
        ClockKind(
            id="acceptance", sort="step", limit=Limit(8 + number % 9, "working_hour"), warning=WarnAt(percent=75),
            stops="accept", times="accept", confirmed=False,
        ),
    )  # fmt: skip
    return CaseKind(id=f"matter_{number:03}", prefix=f"M{number:03}", steps=STEPS, clocks=clocks)
