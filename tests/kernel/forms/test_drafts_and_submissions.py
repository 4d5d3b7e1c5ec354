"""Drafts are one's own and go on anywhere; what is sent is frozen, whole, and sent once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import override_settings
from tests.kernel.acting import AT, MACHINE
from tests.kernel.forms.applying import GENERAL, WHOLE, a_pdf, a_png, begun, known_resident, newcomer, send, written
from tests.kernel.identity.peopled import everything_written, helping, looks_of, registered, resident_of, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.registry import Registry
from zhihai.kernel import house
from zhihai.kernel import records as store
from zhihai.kernel.forms import acts, reads
from zhihai.kernel.forms.kinds import FormKind, Section, Text
from zhihai.kernel.identity import acts as identity


@pytest.fixture
def mine(district: str) -> Actor:
    return newcomer()


@pytest.fixture
def other(district: str) -> Actor:
    return newcomer("other")


def test_a_draft_keeps_right_and_wrong_and_is_found_again(mine: Actor) -> None:
    key = begun(mine)
    assert acts.save_draft(mine, key, 1, {"purpose": "x", "since": "nonsense", "stranger": 1}, at=AT) == 2
    draft = reads.read_draft(mine, key, at=AT)
    assert draft.content.answers == {"purpose": "x", "since": "nonsense", "files": []}
    assert {one.code for one in reads.checked(draft).faults} >= {"length", "day", "required"}
    assert [(one.key, one.form.zh, one.title) for one in reads.drafts(mine)] == [(key, "通用申请表", "路牌更换")]


def test_somebody_elses_draft_is_as_none(mine: Actor, other: Actor) -> None:
    key = written(mine)
    for act in (
        lambda: reads.read_draft(other, key, at=AT),
        lambda: acts.save_draft(other, key, 2, {}, at=AT),
        lambda: acts.discard_draft(other, key, at=AT),
        lambda: acts.attach(other, key, 2, "files", "a.pdf", a_pdf(), at=AT),
        lambda: send(other, key),
        lambda: reads.read_draft(mine, "x" * 22, at=AT),
        lambda: reads.read_draft(mine, "x' OR true --", at=AT),
    ):
        with pytest.raises(NotFound):
            act()
    assert reads.drafts(other) == ()
    assert len({begun(mine) for _ in range(20)}) == 20


def test_the_store_shows_nobody_what_is_not_theirs(mine: Actor, other: Actor) -> None:
    if store.value("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("the role of this database is above row security")
    key = written(mine)
    acts.attach(mine, key, 2, "files", "a.png", a_png(), at=AT)
    send(mine, written(mine))
    for table in ("form_draft", "form_submission", "form_file"):
        assert store.value(f"SELECT count(*) FROM {table}") == 0
        with store.atomic():
            store.value("SELECT zh_read_as(%s)", (f"own:{other.account}",))
            assert store.value(f"SELECT count(*) FROM {table}") == 0
            store.value("SELECT zh_read_as(%s)", (f"own:{mine.account}",))
            assert store.value(f"SELECT count(*) FROM {table}") == 1


def test_what_was_written_stands_nowhere_in_plain(mine: Actor) -> None:
    key = written(mine)
    acts.attach(mine, key, 2, "files", "租赁合同.png", a_png(), at=AT)
    send(mine, key, 3)
    text = everything_written()
    for secret in (WHOLE["facts"], WHOLE["person_number"], "租赁合同"):
        assert str(secret) not in text


def test_two_tabs_do_not_overwrite_each_other(mine: Actor) -> None:
    key = begun(mine)
    acts.save_draft(mine, key, 1, {"purpose": "第一个窗口"}, at=AT)
    with pytest.raises(Conflict) as refused:
        acts.save_draft(mine, key, 1, {"purpose": "第二个窗口"}, at=AT)
    assert refused.value.code == "draft_moved"
    assert reads.read_draft(mine, key, at=AT).content.answers["purpose"] == "第一个窗口"


def sent_by(actor: Actor) -> int:
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        return int(store.value("SELECT count(*) FROM form_submission WHERE account_id = %s", (actor.account,)))


def test_two_tabs_at_once_send_once(mine: Actor, together: Callable[..., list[Any]]) -> None:
    key = written(mine)
    found = together(*[lambda: send(mine, key)] * 4)
    assert sorted(type(one).__name__ for one in found) == ["Conflict", "Conflict", "Conflict", "Submitted"]
    with pytest.raises(Conflict) as refused:
        send(mine, key)
    assert refused.value.code == "draft_sent"
    assert sent_by(mine) == 1


def test_what_is_missing_keeps_the_draft(mine: Actor) -> None:
    key = written(mine, {**WHOLE, "truthful": None, "since": "2014-02-10", "until": "2014-02-01"})
    with pytest.raises(reads.Faulty) as refused:
        send(mine, key)
    assert [(one.field, one.code) for one in refused.value.faults] == [("until", "check"), ("truthful", "agree")]
    assert reads.read_draft(mine, key, at=AT).revision == 2


def test_what_was_sent_is_frozen_with_the_words_it_was_asked_in(mine: Actor) -> None:
    key = written(mine, {**WHOLE, "firm_name": "不该收下"})
    acts.attach(mine, key, 2, "files", "照片.exe", a_png(), at=AT)
    sent = send(mine, key, 3)
    found = reads.submission_told(sent.id)
    assert (found.whole, found.digest, found.form.say("purpose.name", "zh")) == (True, sent.digest, "申请什么")
    assert "firm_name" not in found.answers
    (file,) = found.files
    assert (file.name, file.sort) == ("照片.exe.png", "png")
    assert reads.file_told(sent.id, file.key).content == a_png()
    with pytest.raises(NotFound):
        reads.read_draft(Actor(account=1, name="", sort="resident"), key, at=AT)
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        for statement in ("UPDATE form_submission SET digest = sha256('x')", "DELETE FROM form_submission",
                          "UPDATE form_version SET words = '{}'"):  # fmt: skip
            with pytest.raises(DatabaseError), store.atomic():
                store.execute(statement)


def test_somebody_elses_file_and_application_are_as_none(mine: Actor, other: Actor) -> None:
    key = written(mine)
    line, _ = acts.attach(mine, key, 2, "files", "a.pdf", a_pdf(), at=AT)
    theirs = written(other, {**WHOLE, "files": [line.key]})
    assert reads.read_draft(other, theirs, at=AT).content.answers["files"] == []
    sent = send(mine, key, 3)
    for act in (
        lambda: reads.file_content(other, line.key),
        lambda: reads.file_content(mine, line.key),  # what was sent is told by the room above
        lambda: reads.file_told(sent.id + 1, line.key),
        lambda: reads.submission_told(sent.id + 1),
    ):
        with pytest.raises(NotFound):
            act()


def test_sending_goes_back_with_the_transaction_around_it(mine: Actor) -> None:
    key = written(mine)

    def half_done() -> None:
        with store.atomic():
            assert send(mine, key).subject == "item:1"
            raise LookupError

    with pytest.raises(LookupError):
        half_done()
    assert sent_by(mine) == 0
    assert reads.read_draft(mine, key, at=AT).revision == 2


def test_what_is_known_is_filled_in_with_its_source_and_stays(district: str) -> None:
    mine = known_resident()
    key = begun(mine)
    draft = reads.read_draft(mine, key, at=AT)
    assert "******" in str(draft.content.answers["person_number"])
    assert draft.content.answers["address"] == {"detail": "示例路 1 号"}
    assert draft.content.held["address"].source == "population_base"
    assert draft.content.held["address"].as_of == "2014-02-01"
    acts.save_draft(mine, key, 1, {**WHOLE, "person_name": "冒名"}, at=AT)
    sent = send(mine, key)
    found = reads.submission_told(sent.id)
    assert found.answers["person_name"] == "曾示例1"
    assert set(found.held) == {"person_name", "person_number", "phone"}
    assert sent.person is not None


def test_what_is_known_wrongly_is_answered_otherwise_and_both_are_told(district: str) -> None:
    mine = known_resident()
    key = begun(mine)
    revision = acts.dispute(mine, key, 1, "address", "示例路 2 号", "去年搬家", "GZ-1", at=AT)
    acts.save_draft(mine, key, revision, {**WHOLE, "reach": "post", "address": {"detail": "示例路 2 号"}}, at=AT)
    found = reads.submission_told(send(mine, key, 3).id)
    assert found.answers["address"] == {"detail": "示例路 2 号"}
    assert found.held["address"].value == {"detail": "示例路 1 号"}
    assert (found.disputed["address"].said, found.disputed["address"].case) == ("去年搬家", "GZ-1")
    with pytest.raises(Refused):
        acts.dispute(mine, begun(mine), 1, "facts", "x", "没有来源", "GZ-1", at=AT)


@pytest.fixture
def renewed() -> Iterator[Callable[[tuple[Section, ...]], None]]:
    """Puts another version of the general form in force."""
    was = settings.ZHIHAI_REGISTRY

    def put(sections: tuple[Section, ...]) -> None:
        kind = was.get(FormKind, GENERAL)
        settings.ZHIHAI_REGISTRY = Registry(
            {"general_application": (kind, replace(kind, version=2, sections=sections, checks=()))}
        )

    yield put
    settings.ZHIHAI_REGISTRY = was


def test_a_draft_of_an_old_version_is_carried_over_and_not_sent_unseen(
    mine: Actor, renewed: Callable[[tuple[Section, ...]], None]
) -> None:
    key = written(mine)
    code = reads.form_in_force(GENERAL, at=AT).code
    sections = house.registry().get(FormKind, GENERAL).sections
    renewed((Section(id="matter", fields=(*sections[0].fields[:2], Text(id="why", required=False))),))
    with pytest.raises(Conflict) as refused:
        send(mine, key, code=code)
    assert refused.value.code == "form_moved"
    draft = reads.read_draft(mine, key, at=AT)
    assert draft.moved
    assert draft.content.answers == {"purpose": WHOLE["purpose"], "facts": WHOLE["facts"]}
    assert set(draft.lost) == set(WHOLE) - {"purpose", "facts"} | {"files"}
    found = reads.submission_told(send(mine, key).id)
    assert found.form.kind.version == 2


def test_an_old_submission_is_shown_under_its_own_version(
    mine: Actor, renewed: Callable[[tuple[Section, ...]], None]
) -> None:
    sent = send(mine, written(mine))
    renewed((Section(id="matter", fields=(Text(id="purpose"),)),))
    assert reads.submission_told(sent.id).form.kind.version == 1
    assert reads.submission_told(sent.id).answers["wish"] == WHOLE["wish"]


def test_drafts_and_files_are_bounded(mine: Actor) -> None:
    for _ in range(100):
        begun(mine)
    with pytest.raises(Refused) as refused:
        begun(mine)
    assert (refused.value.code, refused.value.status) == ("drafts_many", 429)
    key = reads.drafts(mine)[0].key
    for number in range(10):
        acts.attach(mine, key, number + 1, "files", "a.png", a_png(), at=AT)
    with pytest.raises(Refused) as refused:
        acts.attach(mine, key, 11, "files", "a.png", a_png(), at=AT)
    assert refused.value.code == "file_many"
    acts.discard_draft(mine, key, at=AT)
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        assert store.value("SELECT count(*) FROM form_file") == 0


def test_officials_and_narrowed_tokens_write_no_drafts(mine: Actor) -> None:
    for actor in (Actor(account=mine.account, name="", sort="person"), replace(mine, narrowed=True)):
        with pytest.raises(NotPermitted):
            begun(actor)
    with pytest.raises(NotFound):
        acts.start_draft(mine, "general_application.none", "item:1", "x", at=AT, at_machine=MACHINE)
    with pytest.raises(Refused):
        acts.start_draft(mine, GENERAL, "", "x", at=AT, at_machine=MACHINE)


def test_a_changed_secret_seals_all_anew(mine: Actor) -> None:
    key = written(mine)
    acts.attach(mine, key, 2, "files", "a.png", a_png(), at=AT)
    sent = send(mine, written(mine))
    new = "another secret of a test, long enough to be one"
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert acts.reseal_forms() == 3
        assert acts.reseal_forms() == 0
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[]):
        (line,) = reads.read_draft(mine, key, at=AT).files
        assert reads.file_content(mine, line.key).content == a_png()
        assert reads.submission_told(sent.id).whole


def test_every_version_of_packs_is_kept_once(district: str) -> None:
    assert acts.record_versions(at=AT) >= 1
    count = store.value("SELECT count(*) FROM form_version")
    acts.record_versions(at=AT)
    assert store.value("SELECT count(*) FROM form_version") == count


def test_a_helper_writes_in_the_name_of_whom_they_help(district: str) -> None:
    ids = registered(somebody(1, "曾示例1", facts={"phone": "13800000001"}), somebody(2, "曾示例2"))
    helper = resident_of(ids[1], "曾示例2", 2)
    tie = identity.record_tie(SYSTEM, helping(ids[0], 2), at=AT)
    key = begun(helper, tie=tie)
    assert reads.read_draft(helper, key, at=AT).content.answers["person_name"] == "曾示例1"
    assert len(looks_of(ids[0])) == 1
    acts.save_draft(helper, key, 1, WHOLE, at=AT)
    assert send(helper, key).person == ids[0]
    late = begun(helper, tie=tie)
    acts.save_draft(helper, late, 1, WHOLE, at=AT)
    identity.withdraw_tie(SYSTEM, tie, "已满期", at=AT)
    with pytest.raises(Refused):
        send(helper, late)
