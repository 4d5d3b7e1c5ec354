"""What the tests of the design system draw with: its environment, its words, and a reader at a fixed instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, FileSystemLoader

from zhihai.faces import design
from zhihai.faces.design import samples
from zhihai.faces.design.environment import make_environment
from zhihai.faces.design.guide import PAGES
from zhihai.faces.design.shell import ClockFace
from zhihai.faces.design.speech import Speech
from zhihai.ground.words import Language, Words, read_words

ROOT = Path(design.__file__).parent
NOW = datetime(2014, 2, 21, 2, 42, tzinfo=UTC)  # 10:42 in the zone
ZONE = ZoneInfo("Asia/Shanghai")
CLOCK = ClockFace(mode="replay", instant=NOW, speed=60.0, until=datetime(2014, 2, 26, 16, tzinfo=UTC), source="/clock")


@dataclass(frozen=True)
class Request:
    """A request as the faces' middleware leaves it."""

    language: Language = "zh"
    care: bool = False
    address: str = "/design?face=desk"
    zone: ZoneInfo = ZONE
    clock: ClockFace = CLOCK

    def get_full_path(self) -> str:
        return self.address


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the design system."""
    return ROOT


@pytest.fixture(scope="session")
def words() -> Words:
    """The design system's own words."""
    return Words(read_words(ROOT / "words.toml", "design"))


@pytest.fixture(scope="session")
def zh(words: Words) -> Speech:
    """The words in Chinese."""
    return Speech(words, "zh")


@pytest.fixture(scope="session")
def en(words: Words) -> Speech:
    """The words in English."""
    return Speech(words, "en")


@pytest.fixture(scope="session")
def environment(words: Words) -> Environment:
    """The environment of all faces, over the design system's templates alone."""
    loader = FileSystemLoader(ROOT / "templates")
    return make_environment(lambda: words, lambda path: f"/static/{path}", lambda name: f"/{name}", loader=loader)


Draw = Callable[..., str]


@pytest.fixture(scope="session")
def draw(environment: Environment) -> Draw:
    """Draw a piece of template with the macros at hand as ``ui``."""

    def drawn(source: str, request: Request | None = None, /, **context: object) -> str:
        template = environment.from_string('{% import "design/macros.jinja" as ui with context %}' + source)
        return template.render(request=request or Request(), **context)

    return drawn


@pytest.fixture(scope="session")
def guide(environment: Environment, words: Words) -> Draw:
    """Draw the style guide on one face, in one language."""

    def drawn(face: str, language: Language, care: bool = False) -> str:
        context = samples.context(Speech(words, language), CLOCK, face, "/design")
        return environment.get_template(PAGES[face]).render(request=Request(language=language, care=care), **context)

    return drawn
