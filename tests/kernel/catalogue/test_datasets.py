"""The catalogue: what data exist, whose they are, who may read them; and their records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test.utils import override_settings

from zhihai.ground.actors import SYSTEM, Actor, Grant, Scope
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.registry import Registry
from zhihai.kernel import records
from zhihai.kernel.catalogue import acts, reads
from zhihai.kernel.catalogue.acts import RecordInput
from zhihai.kernel.catalogue.kinds import DatasetKind, Field, Grade
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.kinds import SEE_DEVICES, SEE_OPERATION
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as journals

AT = datetime(2014, 2, 20, tzinfo=UTC)
FIELDS = (
    Field(id="name", sort="text"), Field(id="kind", sort="code"), Field(id="depth", sort="number", unit="m"),
    Field(id="seen", sort="instant"), Field(id="built", sort="day"), Field(id="open", sort="flag"),
)  # fmt: skip
GRADES: tuple[Grade, ...] = ("open", "shared", "restricted", "closed")
KINDS = tuple(
    DatasetKind(id=f"{grade}_wells", owner="water", grade=grade, fields=FIELDS, licence="CC0") for grade in GRADES
)


@pytest.fixture(autouse=True)
def owner(records: str) -> Iterator[int]:
    """The number of the organisation that owns the datasets, one of each grade, all declared."""
    name = Named("示例", "Example")
    journal.found_district(SYSTEM, code="110199", name=name, zone="Asia/Shanghai", mode="frozen", at=AT)
    tree = [
        identity.OrganisationInput(code=code, sort="department", name=name, parent=parent)
        for code, parent in (("gov", None), ("water", "gov"), ("office", "water"), ("roads", "gov"))
    ]
    identity.load_organisations(SYSTEM, tree, at=AT)
    organisation = identities.organisation_by_code("water").id
    with override_settings(ZHIHAI_REGISTRY=Registry({"wells": KINDS})):
        assert acts.declare(SYSTEM, {"water": organisation}, at=AT) == 4
        yield organisation


def member(code: str, *powers: str) -> Actor:
    """Somebody who holds a role in an organisation."""
    held = identities.organisation_by_code(code)
    grant = Grant(
        role="r", org_lo=held.lo, org_hi=held.hi, area_lo=1, area_hi=1, powers=frozenset(powers or {SEE_DEVICES})
    )
    return Actor(account=1, name="member", scope=Scope(grants=(grant,)))


def put(data: dict[str, Any], key: str = "w1", **more: Any) -> int:
    return acts.put_records(
        SYSTEM, "wells.open_wells", [RecordInput(key=key, data=data, **more)], at=AT, provenance="synthetic"
    )


class TestDescriptions:
    def test_a_dataset_is_described(self, owner: int) -> None:
        found = reads.dataset(None, "wells.open_wells")
        assert found == reads.Dataset("wells.open_wells", owner, "open", FIELDS, "CC0", "", "", None)

    def test_declaring_again_renews_and_keeps_what_rows_say(self, owner: int) -> None:
        put({"name": "甲"})
        assert acts.declare(SYSTEM, {}, at=AT) == 4
        found = reads.dataset(None, "wells.open_wells")
        assert (found.owner, found.provenance, found.updated_at) == (None, "synthetic", AT)

    @pytest.mark.parametrize(
        ("powers", "seen"),
        [(None, 1), ((SEE_DEVICES,), 3), ((SEE_OPERATION,), 4)],
    )
    def test_who_sees_that_a_dataset_exists(self, powers: tuple[str, ...] | None, seen: int) -> None:
        actor = None if powers is None else member("roads", *powers)
        assert {found.grade for found in reads.datasets(actor)} == set(GRADES[:seen])
        for grade in GRADES[seen:]:
            with pytest.raises(NotFound):
                reads.dataset(actor, f"wells.{grade}_wells")

    def test_who_reads_its_rows(self) -> None:
        def readable(actor: Actor | None) -> list[Grade]:
            return [grade for grade in GRADES if reads.readable(actor, f"wells.{grade}_wells")]

        assert readable(None) == ["open"]
        assert readable(member("roads")) == readable(member("office")) == ["open", "shared"]
        assert readable(member("water")) == readable(member("gov")) == readable(SYSTEM) == list(GRADES)
        assert reads.readable(SYSTEM, "wells.none") is False
        with pytest.raises(NotFound):
            reads.record_rows(None, "wells.shared_wells")


class TestRecords:
    def test_rows_are_put_replaced_and_paged_by_key(self) -> None:
        rows = [RecordInput(key=f"w{n}", data={"depth": n}, valid_from=date(2014, 1, n)) for n in (3, 1, 2)]
        assert acts.put_records(SYSTEM, "wells.open_wells", rows, at=AT, provenance="real", source="survey") == 3
        put({"depth": 20.5, "open": True}, key="w2")
        seen: list[tuple[str, Any]] = []
        after = ""
        while page := reads.record_rows(None, "wells.open_wells", after=after, limit=2):
            seen += [(row.key, row.data) for row in page]
            after = page[-1].key
        assert seen == [("w1", {"depth": 1}), ("w2", {"depth": 20.5, "open": True}), ("w3", {"depth": 3})]
        found = reads.dataset(None, "wells.open_wells")
        assert (found.provenance, found.source, found.updated_at) == ("mixed", "survey", AT)
        entries = records.rows("SELECT data FROM journal_entry WHERE act = 'catalogue.put_records' ORDER BY id")
        assert [records.json_object(data)["n"] for (data,) in entries] == [3, 1]

    @pytest.mark.parametrize(
        "data",
        [
            {"name": "井", "kind": "01", "depth": 3, "seen": AT, "built": date(1990, 1, 1), "open": False},
            {"seen": "2014-02-20T08:00:00+08:00", "built": "1990-01-01", "name": None},
            {},
        ],
    )
    def test_values_that_fit(self, data: dict[str, Any]) -> None:
        assert put(data) == 1

    @pytest.mark.parametrize(
        ("code", "data"),
        [
            ("record_field", {"colour": "red"}),
            ("record_value", {"name": 3}),
            ("record_value", {"name": "a\0"}),
            ("record_value", {"depth": "3"}),
            ("record_value", {"depth": True}),
            ("record_value", {"depth": float("nan")}),
            ("record_value", {"seen": "2014-02-20T08:00:00"}),
            ("record_value", {"seen": "now"}),
            ("record_value", {"built": AT}),
            ("record_value", {"built": "1990-02-30"}),
            ("record_value", {"open": 1}),
        ],
    )
    def test_values_that_do_not_fit_are_named_and_nothing_is_kept(self, code: str, data: dict[str, Any]) -> None:
        good = RecordInput(key="w0", data={"depth": 1})
        bad = RecordInput(key="w1", data=data)
        with pytest.raises(Refused) as refusal:
            acts.put_records(SYSTEM, "wells.open_wells", [good, bad], at=AT, provenance="real")
        assert (refusal.value.code, refusal.value.field) == (code, f"rows[1].data.{next(iter(data))}")
        assert reads.record_rows(None, "wells.open_wells") == ()

    @pytest.mark.parametrize(
        ("code", "rows"),
        [
            ("record_key", [RecordInput(key="", data={})]),
            ("record_key", [RecordInput(key="a\n", data={})]),
            ("record_twice", [RecordInput(key="a", data={}), RecordInput(key="a", data={})]),
            ("record_days", [RecordInput(key="a", data={}, valid_from=date(2014, 2, 1), valid_to=date(2014, 1, 1))]),
        ],
    )
    def test_rows_out_of_order(self, code: str, rows: list[RecordInput]) -> None:
        with pytest.raises(Refused) as refusal:
            acts.put_records(SYSTEM, "wells.open_wells", rows, at=AT, provenance="real")
        assert refusal.value.code == code

    def test_no_such_dataset(self) -> None:
        with pytest.raises(NotFound):
            acts.put_records(SYSTEM, "wells.none", [], at=AT, provenance="real")


def test_declaring_is_journalled() -> None:
    found = records.rows("SELECT data FROM journal_entry WHERE act = 'catalogue.describe'")
    assert [records.json_object(data)["names"] for (data,) in found] == [
        sorted(f"wells.{grade}_wells" for grade in GRADES)
    ]
    assert journals.now() == AT
