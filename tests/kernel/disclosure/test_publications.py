"""Publications: written by one, reviewed and published by another, never changed, withdrawn with a reason, found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.acting import AT, DISTRICT, EAST, OFFICE, WEST, holder, office
from tests.kernel.disclosure.tried import ANOTHER, KIND, SAYS, drafted, published
from tests.kernel.forms.applying import a_png

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import PUBLISH_DISCLOSURE, WRITE_DISCLOSURE
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.worktime.limits import Limit
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import BroughtIn
from zhihai.kernel.disclosure.publishing import last_day, pieces_of

ZONE, DAY = ZoneInfo("Asia/Shanghai"), timedelta(days=1)
BOTH = frozenset({WRITE_DISCLOSURE, PUBLISH_DISCLOSURE})


@pytest.fixture(autouse=True)
def _district(district: str) -> None:
    """Every test stands in the invented district."""


def writer(where: str = OFFICE, account: int = 4321) -> Actor:
    return holder(BOTH, where, DISTRICT, "zhihai.disclosure_writer", account)


def ids(**asked: Any) -> list[int]:
    return [one.id for one in reads.publications(ZONE, **asked)]


def test_what_one_wrote_another_reviews_and_publishes() -> None:
    one, two = writer(account=11), writer(account=12)
    made = acts.begin_publication(one, KIND, office(OFFICE), SAYS, at=AT)
    with pytest.raises(NotFound):
        reads.publication(made, ZONE)
    for by, error in ((one, NotPermitted), (writer(WEST, 13), NotPermitted)):
        with pytest.raises(error):
            acts.review_version(by, made, 1, True, "保密法", at=AT)
    with pytest.raises(Refused, match="publication_unreviewed"):
        acts.publish_version(two, made, 1, at=AT)
    acts.review_version(two, made, 1, False, "第三节涉及内部联系方式", at=AT)
    with pytest.raises(Refused, match="publication_unreviewed"):
        acts.publish_version(two, made, 1, at=AT)
    acts.write_version(one, made, replace(SAYS, body="第一条。改过。"), at=AT)
    with pytest.raises(Conflict, match="publication_moved"):
        acts.review_version(two, made, 1, True, "保密法", at=AT)
    acts.review_version(two, made, 2, True, "保密法", at=AT)
    acts.attach_to_version(one, made, "图.png", a_png(), at=AT)
    with pytest.raises(Conflict, match="publication_moved"):
        acts.publish_version(two, made, 2, at=AT)
    with pytest.raises(Refused, match="publication_unreviewed"):
        acts.publish_version(two, made, 3, at=AT)
    acts.review_version(two, made, 3, True, "保密法", at=AT)
    assert acts.publish_version(two, made, 3, at=AT) == 1
    shown = reads.publication(made, ZONE)
    assert (shown.shown.body, shown.shown.reviewed_by, shown.shown.published_by) == ("第一条。改过。", 12, 12)
    assert [file.name for file in shown.files] == ["图.png"]


def test_whoever_changed_a_draft_later_wrote_it_too() -> None:
    one, two = writer(account=11), writer(account=12)
    made = acts.begin_publication(one, KIND, office(OFFICE), SAYS, at=AT)
    acts.attach_to_version(two, made, "图.png", a_png(), at=AT)
    for by in (one, two):
        with pytest.raises(NotPermitted, match="publication_own"):
            acts.review_version(by, made, 2, True, "保密法", at=AT)


def test_versions_stay_as_they_were_published() -> None:
    made = published()
    with pytest.raises(Refused, match="publication_amended"):
        acts.write_version(SYSTEM, made, SAYS, at=AT)
    amended = replace(SAYS, title="示例规划（修订）", reason="更正数字")
    assert acts.write_version(SYSTEM, made, amended, at=AT + DAY) == 2
    assert reads.publication(made, ZONE).shown.version == 1
    acts.review_version(ANOTHER, made, 1, True, "保密法", at=AT + DAY)
    acts.publish_version(ANOTHER, made, 1, at=AT + DAY)
    shown = reads.publication(made, ZONE)
    assert [(one.version, one.state, one.reason) for one in shown.versions] == [
        (2, "published", "更正数字"), (1, "superseded", ""),
    ]  # fmt: skip
    assert reads.publication(made, ZONE, version=1).shown.title == "示例规划"
    with pytest.raises(NotFound):
        reads.publication(made, ZONE, version=3)
    for wrong in ("UPDATE publication_version SET body = 'x'", "DELETE FROM publication_version"):
        with pytest.raises(DatabaseError, match="never changed"), records.atomic():
            records.execute(wrong)


def test_files_go_on_into_the_next_version_and_stay_in_the_last() -> None:
    made = drafted()
    kept = acts.attach_to_version(SYSTEM, made, "甲.png", a_png(), at=AT)
    acts.review_version(ANOTHER, made, 2, True, "保密法", at=AT)
    acts.publish_version(ANOTHER, made, 2, at=AT)
    acts.write_version(SYSTEM, made, replace(SAYS, reason="换附件"), at=AT)
    acts.detach_from_version(SYSTEM, made, kept.key, at=AT)
    new = acts.attach_to_version(SYSTEM, made, "乙.png", a_png(), at=AT)
    assert reads.file_of(made, kept.key).content == a_png()
    with pytest.raises(NotFound):
        reads.file_of(made, new.key)
    assert reads.file_of(made, new.key, drafts=True).line.name == "乙.png"
    acts.discard_version(SYSTEM, made, at=AT)
    assert records.value("SELECT count(*) FROM publication_file") == 1
    acts.write_version(SYSTEM, made, replace(SAYS, reason="再改"), at=AT)
    with pytest.raises(Refused, match="file_type"):
        acts.attach_to_version(SYSTEM, made, "甲.html", b"<script>", at=AT)


def test_what_is_repealed_can_be_read_and_what_is_taken_down_can_not() -> None:
    made = drafted()
    file = acts.attach_to_version(SYSTEM, made, "甲.png", a_png(), at=AT)
    acts.review_version(ANOTHER, made, 2, True, "保密法", at=AT)
    acts.publish_version(ANOTHER, made, 2, at=AT)
    with pytest.raises(Refused, match="publication_withdrawn_why"):
        acts.withdraw_publication(SYSTEM, made, " ", readable=True, at=AT)
    acts.withdraw_publication(SYSTEM, made, "已由新规划代替", readable=True, at=AT)
    shown = reads.publication(made, ZONE)
    assert (shown.state, shown.reason, shown.shown.body) == ("repealed", "已由新规划代替", SAYS.body)
    assert ids() == [made]
    acts.withdraw_publication(SYSTEM, made, "含有个人信息", readable=False, at=AT)
    shown = reads.publication(made, ZONE)
    assert (shown.state, shown.reason, shown.shown.title) == ("withdrawn", "含有个人信息", SAYS.title)
    assert (shown.shown.body, shown.files, ids()) == ("", (), [])
    with pytest.raises(NotFound):
        reads.file_of(made, file.key)
    with pytest.raises(Conflict):
        acts.withdraw_publication(SYSTEM, made, "再撤一次", readable=False, at=AT)


def test_what_was_taken_down_stays_down_when_another_version_is_published() -> None:
    """The first version, with the numbers of people in it, was public again with the second."""
    made = drafted()
    file = acts.attach_to_version(SYSTEM, made, "甲.png", a_png(), at=AT)
    acts.review_version(ANOTHER, made, 2, True, "保密法", at=AT)
    acts.publish_version(ANOTHER, made, 2, at=AT)
    acts.withdraw_publication(SYSTEM, made, "含有个人信息", readable=False, at=AT)
    acts.write_version(SYSTEM, made, replace(SAYS, body="不含个人信息的正文。", reason="去掉个人信息"), at=AT)
    acts.review_version(ANOTHER, made, 1, True, "保密法", at=AT)
    acts.publish_version(ANOTHER, made, 1, at=AT)
    now, before = reads.publication(made, ZONE), reads.publication(made, ZONE, version=1)
    assert (now.shown.body, now.files) == ("不含个人信息的正文。", ())
    assert (before.shown.body, before.files) == ("", ())
    with pytest.raises(NotFound):
        reads.file_of(made, file.key)


def test_two_who_write_at_once_do_not_overwrite_each_other() -> None:
    made = drafted()
    acts.write_version(SYSTEM, made, replace(SAYS, body="第一个人写的。"), at=AT, seen=1)
    for seen in (0, 1):
        with pytest.raises(Conflict, match="publication_moved"):
            acts.write_version(SYSTEM, made, replace(SAYS, body="第二个人写的。"), at=AT, seen=seen)
    (version, *_) = reads.desk_publication(SYSTEM, made, at=AT).versions
    assert (version.body, version.revision) == ("第一个人写的。", 2)


def test_drafts_are_read_by_the_office_they_are_of() -> None:
    made = drafted()
    other = writer(WEST, 13)
    with pytest.raises(NotPermitted):
        reads.desk_publication(other, made, at=AT)
    assert reads.desk_publications(other, at=AT) == ()
    assert [one.id for one in reads.desk_publications(writer(), at=AT)] == [made]


def test_a_draft_that_never_was_public_goes_altogether() -> None:
    made = drafted()
    acts.discard_version(SYSTEM, made, at=AT)
    assert records.value("SELECT count(*) FROM publication WHERE id = %s", (made,)) == 0
    with pytest.raises(NotFound):
        acts.discard_version(SYSTEM, made, at=AT)
    public = published()
    with pytest.raises(Conflict, match="publication_no_draft"):
        acts.discard_version(SYSTEM, public, at=AT)


def test_publishing_after_twenty_working_days_is_late_and_says_so() -> None:
    """10 February 2014 is a Monday: the twentieth working day after it is Monday, 10 March."""
    for at, late in ((datetime(2014, 3, 10, 15, tzinfo=UTC), False), (datetime(2014, 3, 10, 16, tzinfo=UTC), True)):
        made = drafted()
        page = reads.desk_publication(SYSTEM, made, at=at)
        assert (page.versions[0].due_on, page.versions[0].late) == (date(2014, 3, 10), late)
        acts.review_version(ANOTHER, made, 1, True, "保密法", at=at)
        acts.publish_version(ANOTHER, made, 1, at=at)
        shown = reads.publication(made, ZONE).shown
        assert (shown.due_on, shown.late) == (date(2014, 3, 10), late)
        assert reads.publications(ZONE)[0].late is late
        assert reads.desk_publications(SYSTEM, at=at + DAY)[0].late is late


@given(made=st.dates(date(2013, 1, 4), date(2014, 10, 15)), amount=st.integers(1, 40))
def test_the_last_day_counts_as_many_working_days_after_the_day_it_was_made(made: date, amount: int) -> None:
    calendar = cases.calendar()
    last = last_day(made, Limit(amount, "working_day"), calendar)
    assert last is not None
    days = [made + n * DAY for n in range(1, (last - made).days + 1)]
    assert sum(bool(calendar.sessions_of(day)) for day in days) == amount
    assert calendar.sessions_of(last)


def test_bad_input_is_refused_by_field_and_nothing_is_kept() -> None:
    for field, wrong in (
        ("title", replace(SAYS, title=" ")), ("title", replace(SAYS, title="长" * 201)),
        ("body", replace(SAYS, body="")), ("body", replace(SAYS, body="a\0b")),
        ("title", replace(SAYS, title="a\x02b")), ("body", replace(SAYS, body="a\x02b")),
        ("title", replace(SAYS, title="a\ufffeb")), ("body", replace(SAYS, body="a\uffffb")),
        ("body", replace(SAYS, body="长" * 60_001)), ("number", replace(SAYS, number="号" * 61)),
        ("made_on", replace(SAYS, made_on=date(2014, 2, 18))), ("made_on", replace(SAYS, made_on=date(1949, 9, 30))),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            acts.begin_publication(SYSTEM, KIND, office(OFFICE), wrong, at=AT)
        assert refused.value.field == field
    for kind, organisation in (("government_information.nothing", office(OFFICE)), (KIND, 999_999)):
        with pytest.raises(Refused, match=r"publication_(kind|organisation)"):
            acts.begin_publication(SYSTEM, kind, organisation, SAYS, at=AT)
    assert records.value("SELECT count(*) FROM publication") == 0


def test_they_are_found_by_list_by_office_by_year_and_by_their_words() -> None:
    plan = published()
    law = acts.begin_publication(
        SYSTEM, "government_information.norms", office(EAST),
        replace(SAYS, title="犬类管理办法", body="养犬人应当登记。ISO 9001", made_on=date(2013, 5, 6), number=""),
        at=AT,
    )  # fmt: skip
    acts.review_version(ANOTHER, law, 1, True, "保密法", at=AT + DAY)
    acts.publish_version(ANOTHER, law, 1, at=AT + DAY)
    hidden = drafted()
    assert ids() == [law, plan]
    assert ids(after=law) == [plan]
    assert ids(kind=KIND) == [plan]
    assert ids(organisations=[office(EAST)]) == [law]
    assert ids(year=2013) == [law]
    for sought, found in (
        ("养犬登记", []), ("养犬 登记", [law]), ("９００１", [law]), ("iso", [law]), ("示发〔2014〕1", [plan]),
        ("规划", [plan]), ("卍", []), ("，", []),
    ):  # fmt: skip
        assert ids(sought=sought) == found, sought
    counted = reads.counted()
    assert (counted.kinds, counted.years, counted.whole) == (
        {KIND: 1, "government_information.norms": 1}, {2014: 1, 2013: 1}, 2,
    )  # fmt: skip
    assert counted.organisations == {office(OFFICE): 1, office(EAST): 1}
    waiting = reads.desk_publications(SYSTEM, at=AT, waiting=True)
    assert [(one.id, one.waiting) for one in waiting] == [(hidden, "review")]
    with pytest.raises(NotPermitted):
        reads.desk_publications(Actor(account=9, name="路人"), at=AT)


def test_a_word_in_the_title_goes_before_one_in_the_text() -> None:
    first = published()
    second = acts.begin_publication(
        SYSTEM, KIND, office(OFFICE), replace(SAYS, title="水资源", body="示例规划之外"), at=AT
    )
    acts.review_version(ANOTHER, second, 1, True, "保密法", at=AT + DAY)
    acts.publish_version(ANOTHER, second, 1, at=AT + DAY)
    assert ids(sought="示例规划") == [first, second]


@given(text=st.text(max_size=60), start=st.integers(0, 60), length=st.integers(1, 20))
def test_whatever_stands_in_a_text_is_found_by_its_characters(text: str, start: int, length: int) -> None:
    """Every run of Chinese characters cut out of a text has no piece that the text has not."""
    cut = "".join(one for one in text[start : start + length] if "\u4e00" <= one <= "\u9fff")
    if cut and cut in text:
        assert set(pieces_of(cut)) <= set(pieces_of(text))


def test_what_was_published_elsewhere_keeps_its_days() -> None:
    one = BroughtIn(kind=KIND, organisation=OFFICE, says=SAYS, published_on=date(2014, 2, 12))
    (made,) = acts.bring_in_publications(SYSTEM, [one], "旧网站", at=AT, provenance="synthetic")
    shown = reads.publication(made, ZONE)
    assert (shown.source, shown.provenance, shown.shown.made_on) == ("旧网站", "synthetic", date(2014, 2, 10))
    assert shown.shown.published_at == datetime(2014, 2, 12, 1, tzinfo=UTC)
    for wrong in (
        replace(one, published_on=date(2014, 2, 9)), replace(one, published_on=date(2014, 2, 18)),
        replace(one, organisation="x"), replace(one, kind="x"), replace(one, says=replace(SAYS, title="")),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            acts.bring_in_publications(SYSTEM, [one, wrong], "旧网站", at=AT)
        assert (refused.value.field or "").startswith("2 ")
    assert records.value("SELECT count(*) FROM publication") == 1
