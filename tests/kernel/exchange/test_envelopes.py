"""Envelopes: taken once, kept whole, forgotten in time; and what was turned away."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import house, records
from zhihai.kernel.exchange import acts, reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as journals
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where

AT = datetime(2014, 2, 20, tzinfo=UTC)
MACHINE = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def sender(records: str) -> Actor:
    """An account that may send, with the line ``line``; and one named ``other`` that may not."""
    name = Named("示例", "Example")
    journal.found_district(SYSTEM, code="110199", name=name, zone="Asia/Shanghai", mode="replay", at=AT)
    ring = [[116.0, 40.0], [116.1, 40.0], [116.1, 40.1], [116.0, 40.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    tree = [
        places.AreaInput(code="110199", level="district", parent=None, name=name),
        places.AreaInput(code="110199001", level="street", parent="110199", name=name, shape=shape),
    ]
    places.load_areas(SYSTEM, tree, at=AT)
    identity.load_organisations(
        SYSTEM, [identity.OrganisationInput(code="gov", sort="district", name=name, parent=None)], at=AT
    )
    organisation, area = identities.organisation_by_code("gov").id, where.area_by_code("110199").id
    accounts = {
        username: identity.create_account(SYSTEM, username, name, at=AT, sort="device")
        for username in ("sender", "other")
    }
    identity.grant_role(SYSTEM, accounts["sender"], "zhihai.device", organisation, area, at=AT)
    acts.connect(SYSTEM, "line", accounts["sender"], organisation, "replayed", at=AT)
    return identities.actor_of(accounts["sender"], at=AT)


def receive(actor: Actor, body: bytes = b"{}", key: str | None = None, **more: Any) -> acts.Envelope:
    line = more.pop("line", None) or reads.connector_of(actor.account)
    return acts.receive(actor, line, body, "application/json", key, at=AT, at_machine=more.get("at_machine", MACHINE))


class TestReceiving:
    def test_an_envelope_keeps_bytes_digest_and_both_times(self, sender: Actor) -> None:
        envelope = receive(sender, "数据".encode("gb18030"), "k")
        assert envelope == acts.Envelope(envelope.id, False, 0, 0, 0)
        row = reads.envelope(envelope.id)
        body = "数据".encode("gb18030")
        assert (row.connector, row.provenance, row.key, row.size, row.raw) == ("line", "replayed", "k", 4, True)
        assert (row.at, row.received_at, row.digest) == (AT, MACHINE, sha256(body).hexdigest())
        assert reads.raw(envelope.id) == body
        assert list(reads.raw_digests()) == [(envelope.id, sha256(body).digest())]

    def test_without_a_key_every_envelope_is_new(self, sender: Actor) -> None:
        assert receive(sender).id != receive(sender).id

    def test_a_key_is_taken_once_on_each_line(self, sender: Actor) -> None:
        first = receive(sender, b"a", "k")
        assert receive(sender, b"a", "k") == acts.Envelope(first.id, True, 0, 0, 0)
        with pytest.raises(Conflict) as refusal:
            receive(sender, b"b", "k")
        assert (refusal.value.code, refusal.value.status) == ("key_reused", 409)
        acts.connect(
            SYSTEM, "second", identities.account_named("other").id, identities.organisation_by_code("gov").id, "real",
            at=AT,
        )  # fmt: skip
        line = reads.connector_of(identities.account_named("other").id)
        assert receive(SYSTEM, b"b", "k", line=line).repeated is False

    @pytest.mark.parametrize("key", ["", "a\n", "x" * 201])
    def test_a_key_must_be_short_and_printable(self, sender: Actor, key: str) -> None:
        with pytest.raises(Refused) as refusal:
            receive(sender, key=key)
        assert refusal.value.field == "Idempotency-Key"

    def test_who_may_not_send_is_refused(self, sender: Actor) -> None:
        other = identities.actor_of(identities.account_named("other").id, at=AT)
        with pytest.raises(NotFound):
            reads.connector_of(other.account)
        with pytest.raises(NotPermitted):
            receive(other, line=reads.connector_of(sender.account))
        powerless = Actor(account=sender.account, name="sender", sort="device")
        with pytest.raises(NotPermitted):
            receive(powerless)
        assert reads.envelopes() == ()

    def test_pages_go_back_in_time(self, sender: Actor) -> None:
        ids = [receive(sender).id for _ in range(5)]
        seen: list[int] = []
        after = None
        while page := reads.envelopes(after, 2):
            seen += [row.id for row in page]
            after = page[-1].id
        assert seen == ids[::-1]


class TestConnectors:
    def test_an_account_sends_by_one_line(self, sender: Actor) -> None:
        organisation = identities.organisation_by_code("gov").id
        with pytest.raises(Refused) as refusal:
            acts.connect(SYSTEM, "second", sender.account, organisation, "real", at=AT)
        assert refusal.value.code == "connector_taken"
        acts.connect(SYSTEM, "line", sender.account, organisation, "real", at=AT)
        assert [line.provenance for line in reads.connectors()] == ["real"]
        with pytest.raises(Refused):
            acts.connect(SYSTEM, "line", sender.account, organisation, "true", at=AT)  # type: ignore[arg-type]


class TestForgetting:
    def test_bytes_go_after_thirty_days_and_all_else_stays(self, sender: Actor) -> None:
        old = receive(sender, b"old", at_machine=MACHINE - timedelta(days=30, seconds=1))
        young = receive(sender, b"young", at_machine=MACHINE - timedelta(days=30))
        assert acts.forget_raw(at=AT, at_machine=MACHINE) == 1
        assert (reads.envelope(old.id).raw, reads.raw(young.id)) == (False, b"young")
        with pytest.raises(NotFound):
            reads.raw(old.id)
        assert dict(reads.raw_digests())[old.id] == sha256(b"old").digest()
        assert acts.forget_raw(at=AT, at_machine=MACHINE) == 0
        assert records.value("SELECT count(*) FROM journal_entry WHERE act = 'exchange.forget_raw'") == 1


class TestTurnedAway:
    def test_requests_are_counted_by_day_and_reason(self, sender: Actor) -> None:
        for hours in (0, 1, 12):
            acts.turn_away("too_large", at_machine=MACHINE + timedelta(hours=hours))
        acts.turn_away("unreadable", at_machine=MACHINE)
        assert [(row.day, row.reason, row.n) for row in reads.turned_away(MACHINE.date())] == [
            (date(2026, 5, 5), "too_large", 1), (date(2026, 5, 4), "too_large", 2), (date(2026, 5, 4), "unreadable", 1),
        ]  # fmt: skip
        assert reads.turned_away(date(2026, 5, 6)) == ()

    def test_every_reason_has_its_words(self, sender: Actor) -> None:
        for reason in acts.REASONS:
            acts.turn_away(reason, at_machine=MACHINE)
            assert f"exchange.turned_away.{reason}" in house.words()
        with pytest.raises(ValueError, match="whatever"):
            acts.turn_away("whatever", at_machine=MACHINE)  # type: ignore[arg-type]


def test_the_journal_knows_of_lines(sender: Actor) -> None:
    (line,) = reads.connectors()
    assert [entry.act for entry in journals.entries("connector", line.id)] == ["exchange.connect"]
