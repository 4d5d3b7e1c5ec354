"""People and firms: registered once, found within one's powers, looked at on a ground, and told who looked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from tests.kernel.acting import DISTRICT, EAST, WEST, account, area, office
from tests.kernel.identity.peopled import (
    AT,
    DAY,
    GROUND,
    MACHINE,
    clerk,
    everything_written,
    looks_of,
    number,
    registered,
    somebody,
)

from zhihai.ground.actors import SYSTEM
from zhihai.ground.powers import SEE_LOOKS, SEE_NUMBERS, SEE_PEOPLE, SET_PEOPLE
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts, reads, sealing
from zhihai.kernel.identity.acts import PersonInput
from zhihai.kernel.places import acts as places

FIELDS = ("name", "birth", "address")


def test_a_person_is_found_by_number_name_and_sound(district: str) -> None:
    one, two = registered(somebody(1, "曾示例"), somebody(2, "曾样例", WEST))
    clerk_ = clerk({SEE_PEOPLE}, DISTRICT)
    found = reads.by_number(clerk_, "natural", f" {number(1)[:6]} {number(1)[6:].lower()} ")
    assert found is not None
    assert (found.id, found.name, found.number) == (one, "曾示例", f"{number(1)[:8]}******{number(1)[-4:]}")
    assert found.provenance == "synthetic"
    assert [line.id for line in reads.by_name(clerk_, "曾")] == [two, one]
    assert [line.id for line in reads.by_name(clerk_, "曾示")] == [one]
    assert [line.id for line in reads.by_sound(clerk_, "Zēng shì")] == [one]
    assert [line.id for line in reads.by_sound(clerk_, "zeng")] == [one, two]
    assert reads.by_number(clerk_, "natural", number(3)) is None
    assert reads.by_name(clerk_, "巩") == ()


def test_nobody_is_found_outside_ones_area(district: str) -> None:
    east, west, nowhere = registered(somebody(1, "曾甲"), somebody(2, "曾乙", WEST), somebody(3, "曾丙", None))
    here = clerk({SEE_PEOPLE}, EAST)
    assert [line.id for line in reads.by_sound(here, "zeng")] == [east]
    assert reads.by_number(here, "natural", number(2)) is None
    assert [line.id for line in reads.by_sound(clerk({SEE_PEOPLE}, DISTRICT), "zeng")] == [nowhere, east, west]
    for person in (west, nowhere, 10**9):
        with pytest.raises(NotPermitted, match="no_person"):
            reads.person_page(here, person)
        with pytest.raises(NotPermitted, match="no_person"):
            acts.look(here, person, FIELDS, *GROUND, at=AT, at_machine=MACHINE)


def test_a_number_is_registered_once_in_whatever_way_it_is_written(district: str) -> None:
    registered(somebody(1, "示例甲"))
    for again in (somebody(1, "示例乙"), somebody(1, "示例乙", WEST, number=f"{number(1)[:10]} {number(1)[10:]}")):
        with pytest.raises(Refused, match="person_known"):
            registered(again)
    with pytest.raises(Refused, match="person_known"):
        registered(somebody(5, "示例丙"), somebody(5, "示例丁"))
    assert reads.by_number(SYSTEM, "natural", number(5)) is None


def test_two_who_register_one_number_at_once_register_it_once(
    district: str, together: Callable[..., list[Any]]
) -> None:
    done = together(*(lambda: registered(somebody(1, "示例甲")) for _ in range(8)))
    assert sum(isinstance(one, tuple) for one in done) == 1
    assert {one.code for one in done if not isinstance(one, tuple)} == {"person_known"}


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"number": "99010119700101001"}, "citizen_id_form"),
    ({"number": number(1)[:-1] + ("0" if number(1)[-1] != "0" else "1")}, "number_check"),
    ({"source": "somewhere"}, "no_source"),
    ({"name": "  "}, "field_length"),
    ({"name": "长" * 121}, "field_length"),
    ({"facts": {"birth": "1970-02-30"}}, "field_birth"),
    ({"facts": {"sex": "x"}}, "field_sex"),
    ({"facts": {"phone": "call me"}}, "field_phone"),
    ({"facts": {"representative": "某人"}}, "no_field"),
    ({"area": 10**8}, "person_area"),
)


def test_what_can_not_be_is_refused_and_says_nothing_of_itself(district: str) -> None:
    for more, code in WRONG:
        with pytest.raises(Refused) as told:
            registered(replace(somebody(1, "示例甲"), **more))
        assert told.value.code == code
        assert number(1)[:10] not in str(told.value.facts)
    assert reads.by_number(SYSTEM, "natural", number(1)) is None


def test_a_firm_is_kept_beside_people_and_its_code_is_public(district: str) -> None:
    code = "9144030071526726XG"
    (firm,) = registered(PersonInput(sort="legal", number=code, name="单行线示例店", source="document", as_of=DAY))
    found = reads.by_number(clerk({SEE_PEOPLE}, DISTRICT), "legal", code)
    assert found is not None
    assert (found.id, found.number) == (firm, code)
    assert [line.id for line in reads.by_sound(SYSTEM, "danxing")] == [firm]


def test_a_look_asks_a_ground_and_is_told_to_the_person(district: str) -> None:
    (one,) = registered(somebody(1, "示例甲", facts={"birth": "1970-01-01", "address": "示例路 1 号"}))
    clerk_ = clerk({SEE_PEOPLE}, EAST)
    file = acts.look(clerk_, one, FIELDS, "case", "LS-2014-000001", at=AT, at_machine=MACHINE)
    assert {fact.name: fact.value for fact in file.facts} == {
        "name": "示例甲", "number": f"{number(1)[:8]}******{number(1)[-4:]}", "birth": "1970-01-01",
        "address": "示例路 1 号",
    }  # fmt: skip
    assert {(fact.source, fact.as_of) for fact in file.facts} == {("population_base", DAY)}
    (told,) = looks_of(one)
    assert told.fields == FIELDS
    assert (told.ground, told.reference, told.role, told.account) == (
        "case", "LS-2014-000001", "zhihai.window_clerk", None
    )  # fmt: skip
    assert told.organisation is not None
    assert told.organisation.zh == reads.organisation_by_code(DISTRICT).name.zh
    assert told.at == AT
    (seen,) = reads.looks_in(clerk({SEE_LOOKS}, DISTRICT))
    assert (seen.account, seen.person) == (4321, one)
    assert reads.looks_in(clerk({SEE_LOOKS}, WEST)) == reads.looks_in(clerk({SEE_PEOPLE}, DISTRICT)) == ()
    assert reads.looks_in(clerk({SEE_LOOKS}, DISTRICT), before=seen.id) == ()


GROUNDLESS: tuple[tuple[Any, str], ...] = (
    ((FIELDS, "curiosity", "LS-2014-000001"), "no_ground"),
    ((FIELDS, "case", " x  "), "ground_reference"),
    ((FIELDS, "case", "x" * 201), "ground_reference"),
    (((), *GROUND), "no_field"),
    ((("salary",), *GROUND), "no_field"),
)


def test_without_a_ground_nothing_is_seen_and_nothing_kept(district: str) -> None:
    (one,) = registered(somebody(1, "示例甲"))
    for given, code in GROUNDLESS:
        with pytest.raises(Refused, match=code):
            acts.look(clerk({SEE_PEOPLE, SEE_NUMBERS}), one, *given, at=AT, at_machine=MACHINE)
    assert looks_of(one) == ()


def test_the_number_in_full_asks_a_power_of_its_own(district: str) -> None:
    (one,) = registered(somebody(1, "示例甲"))
    with pytest.raises(NotPermitted):
        acts.look(clerk({SEE_PEOPLE}), one, ("number",), *GROUND, at=AT, at_machine=MACHINE)
    assert looks_of(one) == ()
    file = acts.look(clerk({SEE_PEOPLE, SEE_NUMBERS}), one, ("number",), *GROUND, at=AT, at_machine=MACHINE)
    assert [fact.value for fact in file.facts] == [number(1)]
    assert number(1) not in repr(file)


def test_a_correction_keeps_what_was_said_before(district: str) -> None:
    (one,) = registered(somebody(1, "示例甲", facts={"address": "示例路 1 号"}))
    by, later = clerk({SET_PEOPLE}, DISTRICT), AT + timedelta(days=3)
    for name, value in (("name", "任示例"), ("number", number(2)), ("area", WEST), ("address", "示例路 2 号")):
        acts.correct_person(by, one, name, value, "window", date(2014, 2, 19), at=later)
    found = reads.by_number(SYSTEM, "natural", number(2))
    assert found is not None
    assert (found.id, found.name) == (one, "任示例")
    assert reads.by_number(SYSTEM, "natural", number(1)) is None
    assert [line.id for line in reads.by_sound(clerk({SEE_PEOPLE}, WEST), "renshi")] == [one]
    assert reads.by_sound(clerk({SEE_PEOPLE}, EAST), "renshi") == ()
    with store.atomic():
        store.value("SELECT zh_read_as(%s)", (f"person:{one}",))
        former = store.rows(
            """SELECT field, value, number, number_key FROM person_fact
               WHERE person_id = %s AND until = %s ORDER BY field""",
            (one, later),
        )
    assert [row[:2] for row in former] == [
        ("address", "示例路 1 号"), ("area", EAST), ("name", "示例甲"), ("number", None)
    ]  # fmt: skip
    assert sealing.unseal(one, sealing.Sealed(former[3][3], bytes(former[3][2]))) == number(1)


def test_a_correction_can_not_take_a_number_or_a_place_that_is_not_ones_own(district: str) -> None:
    one, _ = registered(somebody(1, "示例甲"), somebody(2, "示例乙", WEST))
    here = clerk({SET_PEOPLE}, EAST)
    with pytest.raises(Refused, match="person_known"):
        acts.correct_person(here, one, "number", number(2), "window", DAY, at=AT)
    with pytest.raises(NotPermitted):
        acts.correct_person(here, one, "area", WEST, "window", DAY, at=AT)
    with pytest.raises(Refused, match="no_field"):
        acts.correct_person(here, one, "representative", "某人", "window", DAY, at=AT)
    line = reads.by_number(SYSTEM, "natural", number(1))
    assert line is not None
    assert line.id == one


def test_people_stay_whose_they_are_when_areas_are_united(district: str) -> None:
    (one,) = registered(somebody(1, "曾示例", WEST))
    places.unite_areas(SYSTEM, area(WEST), area(EAST), at=AT)
    assert [line.id for line in reads.by_sound(clerk({SEE_PEOPLE}, EAST), "zengshi")] == [one]


def test_a_former_secret_is_replaced_row_by_row(district: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = registered(somebody(1, "示例甲"), somebody(2, "示例乙"))
    acts.correct_person(SYSTEM, two, "number", number(3), "window", DAY, at=AT)
    old = settings.SECRET_KEY
    assert acts.reseal() == 0
    monkeypatch.setattr(settings, "SECRET_KEY", "another-secret-of-a-test-0123456789")
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [old])
    assert reads.by_number(SYSTEM, "natural", number(1)) is not None
    with pytest.raises(Refused, match="person_known"):
        registered(somebody(1, "示例丙"))
    done = []
    while done[-1:] != [0]:
        done.append(acts.reseal(limit=100))
    assert sum(done) == store_count() + 1
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [])
    found = reads.by_number(SYSTEM, "natural", number(3))
    assert found is not None
    assert found.id == two
    file = acts.look(clerk({SEE_PEOPLE, SEE_NUMBERS}), one, ("number",), *GROUND, at=AT, at_machine=MACHINE)
    assert file.facts[-1].value == number(1)


def store_count() -> int:
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        return int(store.value("SELECT count(*) FROM person"))


def test_no_number_is_written_in_plain_anywhere(district: str) -> None:
    given = [somebody(n, f"示例{n}", facts={"address": "示例路 77777 号"}) for n in (1, 2)]
    one, _ = registered(*given)
    acts.correct_person(SYSTEM, one, "number", number(4), "window", DAY, at=AT)
    acts.look(clerk({SEE_PEOPLE, SEE_NUMBERS}), one, ("number",), "case", "LS-66666", at=AT, at_machine=MACHINE)
    written = everything_written()
    assert "示例路 77777 号" in written
    for n in (1, 2, 4):
        assert number(n)[6:] not in written
    journal = str(store.rows("SELECT data::text FROM journal_entry WHERE noun = 'person'"))
    for private in ("示例1", "77777", "66666", "1970"):
        assert private not in journal


def test_an_official_is_told_by_the_narrowest_office(district: str) -> None:
    (one,) = registered(somebody(1, "示例甲"))
    for code in (DISTRICT, EAST):
        acts.grant_role(SYSTEM, account("reader"), "zhihai.window_clerk", office(code), area(code), at=AT)
    by = reads.actor_of(account("reader"), at=AT + timedelta(hours=1))
    acts.look(by, one, ("name",), *GROUND, at=AT, at_machine=MACHINE)
    (told,) = looks_of(one)
    assert told.organisation == reads.organisation_by_code(EAST).name
