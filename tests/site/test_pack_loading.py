"""Loading packs: a faulty one is refused with its reason on the operator's page, and the rest runs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from zhihai.kernel import standard
from zhihai.kernel.identity.kinds import RoleKind
from zhihai.site.packs import House, build_house, pack_folders
from zhihai.site.wording import floor_words

NUMBERS = count()
TOML = 'id = "{id}"\nowner = "environment"\nclauses = ["C3.3"]\ngrade = "bronze"\n'
KINDS = """
from zhihai.kit.kinds import *
KINDS = (RoleKind(id="ranger", powers=frozenset({{"case.see"}})), {more})
"""
WORDS = '[role.ranger.name]\nzh = "护林员"\nen = "Ranger"\n'
ROLE = "from zhihai.kernel.identity.kinds import RoleKind\n"

LOST = [
    ('DeviceKind(id="mast", quantities=("smoke",), adapter=len)', "unknown quantity smoke"),
    (
        'RuleKind(id="fire", device="mast", watches=("smoke",), window=None, test=len, opens="xx")',
        "rule forest.fire opens an unknown case xx",
    ),
    (
        'IndicatorKind(id="a1", source=OfObservations(id="mast", quantities=("q1",)), period="day", measure=len, '
        'unit="1")',
        "measures an unknown quantity q1",
    ),
    (
        'IndicatorKind(id="a1", source=OfClocks(id="mast", clock="c"), period="day", measure=len, unit="1")',
        "unknown clock mast.c",
    ),
    (
        'ObservationDatasetKind(id="a1", owner="x", grade="open", device="mast", quantities=("q1",))',
        "dataset forest.a1 names an unknown quantity q1",
    ),
    (
        'CaseKind(id="fire", steps=(Step(id="go", role="wizard", outcomes=(Outcome(id="ok", closes="ok"),)),))',
        "unknown role wizard",
    ),
]

Make = Callable[..., tuple[str, Path]]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Writes a pack into a package of its own; gives its dotted name and folder."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(
        id_: str = "forest", *, toml: str = TOML, kinds: str = KINDS, words: str = WORDS, more: str = ""
    ) -> tuple[str, Path]:
        package = f"loaded{next(NUMBERS)}"
        folder = tmp_path / package / id_
        folder.mkdir(parents=True)
        for place in (folder.parent, folder):
            (place / "__init__.py").write_text("")
        (folder / "pack.toml").write_text(toml.format(id=id_))
        (folder / "kinds.py").write_text(ROLE + kinds.format(more=more))
        (folder / "words.toml").write_text(words)
        return f"{package}.{id_}", folder

    return write


def house_of(*made: tuple[str, Path]) -> House:
    return build_house(floor_words(), {**dict(made), **pack_folders()})


def runs(house: House) -> bool:
    """Say whether the packs that ship run, and the kernel's own kinds."""
    names = {name for name, _ in house.registry.all(RoleKind)}
    return {"air", "weather"} <= {pack.id for pack in house.packs} and "zhihai.operator" in names


def test_a_sound_pack_is_taken_in_beside_the_rest(make: Make) -> None:
    house = house_of(make())
    assert house.faults == ()
    assert runs(house)
    assert house.registry.get(RoleKind, "forest.ranger").powers == {"case.see"}
    assert house.words.say("forest.role.ranger.name", "zh") == "护林员"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"toml": 'id = "wood"\n'}, "id must be the folder's name"),
        ({"toml": 'id = "forest"\n'}, "needs owner"),
        ({"toml": "id = ["}, "TOMLDecodeError"),
        ({"kinds": "import nothing_of_that_name"}, "ModuleNotFoundError"),
        ({"kinds": "KINDS = 1 / 0"}, "ZeroDivisionError"),
        ({"kinds": "KINDS = [1]"}, "must be a tuple of kinds"),
        ({"kinds": "X = 1"}, "AttributeError"),
        ({"kinds": 'KINDS = (RoleKind(id="Ranger", powers=frozenset()),)'}, "must match"),
        ({"kinds": 'KINDS = (RoleKind(id="ranger", powers=frozenset({{"fly"}})),)'}, "unknown powers"),
        ({"kinds": 'KINDS = (RoleKind(id="ranger", powers=frozenset()),) * 2'}, "declared twice"),
        ({"words": '[role.ranger.name]\nzh = "护林员"\n'}, "needs both zh and en"),
        ({"words": ""}, "forest.role.ranger.name is missing"),
        ({"words": WORDS + '[refused.no_case]\nzh = "无"\nen = "none"\n'}, "refused.no_case is said already"),
        *(({"more": more}, reason) for more, reason in LOST),
    ],
)  # fmt: skip
def test_a_faulty_pack_is_refused_with_its_reason_and_the_rest_runs(
    make: Make, given: dict[str, str], reason: str
) -> None:
    house = house_of(make(**given))
    (fault,) = house.faults
    assert fault.pack == "forest"
    assert reason in fault.reason
    assert runs(house)
    assert "forest.ranger" not in {name for name, _ in house.registry.all(RoleKind)}


def test_all_that_is_wrong_is_told_at_once(make: Make) -> None:
    more = 'CaseKind(id="fire", steps=(Step(id="go", role="wizard", outcomes=(Outcome(id="ok", closes="ok"),)),))'
    (fault,) = house_of(make(more=more, words="")).faults
    assert "unknown role wizard" in fault.reason
    assert "forest.case.fire.closing.ok is missing" in fault.reason
    assert "forest.role.ranger.name is missing" in fault.reason


def test_a_pack_can_not_take_the_kernels_name(make: Make) -> None:
    house = house_of(make(standard.PACK))
    assert [fault.pack for fault in house.faults] == [standard.PACK]
    assert runs(house)


def test_of_two_packs_of_one_name_the_first_stays(make: Make) -> None:
    house = house_of(make(), make())
    assert [pack.id for pack in house.packs].count("forest") == 1
    assert "pack forest is there already" in house.faults[0].reason
    assert runs(house)
