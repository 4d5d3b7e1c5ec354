"""Papers of a matter: made once for what happened, sealed by the office, kept as handed out, seen by whose it is."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta

import pytest
from pypdf import PdfReader
from tests.kernel.acting import AT, EAST, OFFICE, account, office
from tests.kernel.hearing import heard
from tests.kernel.identity.peopled import registered, resident_of, somebody
from tests.kernel.services.own_trials import public_item
from tests.kernel.services.test_applications import applied, step
from tests.kernel.trust.ceremony import begin_authority, issued, now, revoke

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.papers.typesetting import typefaces
from zhihai.ground.refusal import NotFound, NotPermitted
from zhihai.kernel import records as store
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts, papers, reads
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust

MACHINE = datetime(2026, 11, 23, tzinfo=UTC)
DAY = "2014年2月17日"
REASON = "缺取水口位置示意图"


@pytest.fixture(autouse=True)
def written() -> None:
    if not typefaces():
        pytest.skip("no typeface with Chinese characters on this machine")


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, "曾示例1"))
    return resident_of(person, "曾示例1", 1)


def issue(at_machine: datetime = MACHINE) -> int:
    heard()
    return acts.issue_papers(at_machine=at_machine)


def own(mine: Actor, number: str) -> reads.Application:
    return reads.own_application(mine, number, at=AT)


def told(mine: Actor, number: str, n: int) -> str:
    """What a paper says, without its spaces."""
    found = own(mine, number)
    content = reads.paper_told(found.id, found.paper(n)).content
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_every_stage_leaves_a_paper_with_what_it_says(mine: Actor) -> None:
    number = applied(mine, public_item()).number
    step("window", number, "incomplete", note=REASON)
    assert issue() == 2
    assert [(one.n, one.sort, one.office) for one in own(mine, number).papers] == [
        (1, "receipt", office(OFFICE)), (2, "incomplete", office(OFFICE)),
    ]  # fmt: skip
    receipt, missing = told(mine, number, 1), told(mine, number, 2)
    assert "收件凭证" in receipt
    for said in (
        f"编号：{number}-2",
        "曾示例1：",
        DAY,
        REASON,
        "请在2014年3月19日前补正",
        "未加盖电子印章",
    ):
        assert said in missing, said


def test_a_paper_is_made_once_however_often_it_is_called_for(mine: Actor) -> None:
    number = applied(mine, public_item()).number
    assert issue() == 1
    first = own(mine, number).papers
    store.execute("UPDATE listener SET xid = '0', id = 0 WHERE name = 'services.call_for_papers'")
    assert issue() == 0
    assert own(mine, number).papers == first


def test_it_stays_as_it_was_handed_out(mine: Actor) -> None:
    number = applied(mine, public_item()).number
    issue()
    before = told(mine, number, 1)
    store.execute("UPDATE organisation SET name_zh = '改名后的机构' WHERE id = %s", (office(OFFICE),))
    assert told(mine, number, 1) == before


def test_it_is_sealed_by_the_appointed_seal_and_checks(mine: Actor) -> None:
    begin_authority()
    seal = issued()
    trust_acts.appoint_seal(SYSTEM, seal, at=AT, at_machine=now())
    number = applied(mine, public_item()).number
    assert issue(now()) == 1
    found = own(mine, number)
    line = found.paper(1)
    assert line.sealing is not None
    kept = reads.paper_told(found.id, line).content
    sealing = trust.sealing(SYSTEM, line.sealing)
    assert (sealing.certificate, sealing.digest) == (seal, hashlib.sha256(kept).digest())
    assert sealing.title == f"收件凭证 {number}-1"
    assert trust.shown_code(line.sealing) in told(mine, number, 1)


def test_the_nearest_seal_above_stands_in_and_a_revoked_one_does_not(district: str) -> None:
    begin_authority()
    root = issued("990101")
    trust_acts.appoint_seal(SYSTEM, root, at=AT, at_machine=now())
    found = trust.seal_of_papers(office(OFFICE), at_machine=now())
    assert found is not None
    assert found.id == root
    near = issued()
    trust_acts.appoint_seal(SYSTEM, near, at=AT, at_machine=now())
    found = trust.seal_of_papers(office(OFFICE), at_machine=now())
    assert found is not None
    assert found.id == near
    revoke(near)
    found = trust.seal_of_papers(office(OFFICE), at_machine=now())
    assert found is not None
    assert found.id == root
    trust_acts.dismiss_seal(SYSTEM, root, at=AT)
    assert trust.seal_of_papers(office(OFFICE), at_machine=now()) is None


def test_one_seal_is_appointed_by_who_may_use_it(district: str) -> None:
    begin_authority()
    first, second = issued(), issued()
    trust_acts.appoint_seal(SYSTEM, first, at=AT, at_machine=now())
    trust_acts.appoint_seal(SYSTEM, second, at=AT, at_machine=now())
    assert trust.appointed_seals() == {second}
    with pytest.raises(NotPermitted):
        trust_acts.appoint_seal(who.actor_of(account("street-east"), at=AT), first, at=AT, at_machine=now())
    with pytest.raises(NotFound):
        trust_acts.appoint_seal(SYSTEM, issued(EAST, account=account("street-east")), at=AT, at_machine=now())


def test_silence_leaves_a_paper_that_says_so(mine: Actor) -> None:
    number = applied(mine, public_item()).number
    cases.tick(at=AT + timedelta(days=20))
    issue()
    assert [one.sort for one in own(mine, number).papers] == ["receipt", "deemed"]
    assert "第三十二条" in told(mine, number, 2)


def test_one_that_can_not_be_made_waits_and_holds_up_no_other(mine: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    item = public_item()
    first, second = applied(mine, item).number, applied(mine, item).number
    real = papers.typeset

    def failing(pages: tuple[papers.Page, ...], *, at: datetime) -> bytes:
        if first in pages[0].number:
            raise OSError
        return real(pages, at=at)

    monkeypatch.setattr(papers, "typeset", failing)
    assert issue() == 1
    assert (own(mine, first).paper(1).office, reads.papers_waiting()) == (None, 1)
    assert own(mine, second).paper(1).office is not None
    with pytest.raises(NotFound):
        told(mine, first, 1)
    monkeypatch.setattr(papers, "typeset", real)
    assert (issue(), reads.papers_waiting()) == (0, 1), "not at once again"
    assert (issue(MACHINE + timedelta(minutes=1)), reads.papers_waiting()) == (1, 0)


def test_who_reads_english_finds_a_translation_behind_it(mine: Actor) -> None:
    store.execute("UPDATE account SET language = 'en' WHERE id = %s", (mine.account,))
    number = applied(mine, public_item()).number
    issue()
    said = told(mine, number, 1)
    assert "收件凭证" in said
    assert "Translationforinformation" in said
    assert "17February2014" in said


def test_what_a_former_secret_sealed_is_sealed_anew(mine: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    number = applied(mine, public_item()).number
    issue()
    before = told(mine, number, 1)
    with who.seeing(who.PLATFORM):
        key = store.value("SELECT sealed_with FROM paper")
    monkeypatch.setattr(papers.identity, "former_keys", lambda: [key])
    assert acts.reseal_papers() == 1
    assert told(mine, number, 1) == before
