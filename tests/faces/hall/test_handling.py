"""Everybody sees how matters are handled: figures of limits and ratings that open to rows without names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.test import Client
from tests.faces.hall.test_complaints import said
from tests.faces.hall.test_matters import close
from tests.faces.staging import later, staged_matter
from tests.kernel.hearing import heard

from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.indicators import reads
from zhihai.kernel.journal import reads as clock

Reader = Callable[..., Client]
CONTENT, TAKEN_ON, DECIDED = (
    f"general_application.{one}" for one in ("content", "on_time_acceptances", "on_time_decisions")
)


def reckoned() -> dict[str, reads.Figure]:
    """Let everything be heard and the figures be computed; return them by name."""
    heard()
    while indicators.compute(at=clock.now(), at_machine=datetime(2100, 1, 1, tzinfo=UTC), rest=timedelta(0)):
        pass
    return {one.name: one for one in reads.figures(public_only=True)}


def address(figure: reads.Figure) -> str:
    return f"/figures/{figure.name}/{figure.starts.isoformat()}"


def test_a_rating_counts_once_the_matter_is_closed_and_not_before(worked: str, reader: Reader) -> None:
    """A rating that stood in public while the matter was worked on could be held against whoever gave it."""
    number, resident = staged_matter(), reader("resident")
    resident.post(f"/my/matters/{number}/rate", {"level": 2, "reasons": ["slow"], "said": "等了很久"})
    assert CONTENT not in reckoned()
    close(number)
    figure = reckoned()[CONTENT]
    assert (figure.numerator, figure.denominator) == (0, 1)
    page = said(reader(None).get(address(figure)))
    assert "不满意" in page
    assert "差评" in page
    for told in (number, "等了很久", "示居民"):
        assert told not in page


def test_a_rating_given_after_closing_is_counted_where_the_matter_was_closed(worked: str, reader: Reader) -> None:
    number = staged_matter()
    close(number)
    closed = clock.now()
    assert reckoned()[CONTENT].value is None
    later(closed + timedelta(days=40))
    reader("resident").post(f"/my/matters/{number}/rate", {"level": 5})
    figure = reckoned()[CONTENT]
    assert (figure.value, figure.starts) == (1.0, closed.astimezone(clock.clock().zone).date().replace(day=1))
    assert reads.lineage(CONTENT, figure.starts).unchanged


def test_a_case_is_named_to_whom_it_concerns_and_its_days_are_told_to_all(worked: str, reader: Reader) -> None:
    number = staged_matter()
    close(number)
    figure = reckoned()[TAKEN_ON]
    assert (figure.numerator, figure.denominator) == (1, 1)
    anybody, leader = (said(reader(who).get(address(figure))) for who in (None, "leader"))
    assert number in leader
    assert number not in anybody
    assert "一件" in anybody
    assert "按时" in anybody
    source = reader(None).get(address(figure)).content.decode().partition('id="rows"')[2].partition("</table>")[0]
    assert "datetime=" not in source, "the instant of a step tells whose it is to whoever was there"
    given = reader(None).get(f"/api/figures/{TAKEN_ON}/{figure.starts.isoformat()}").json()
    assert [(row["counted"], row["number"]) for row in given["rows"]] == [(True, None)]


def test_what_is_due_and_not_done_yet_is_no_bodys_business(worked: str, reader: Reader) -> None:
    """That an inspection is due tomorrow would warn whoever is inspected."""
    staged_matter()
    close(staged_matter())
    found = reads.lineage(TAKEN_ON, reckoned()[TAKEN_ON].starts)
    assert (len(found.rows), len(found.counted)) == (2, 1)
    page = said(reader(None).get(address(found.figure)))
    assert page.count("还没有到期的一件，不公开") == 1


def test_the_page_tells_what_is_in_hand_and_leads_to_every_figure(worked: str, reader: Reader) -> None:
    number = staged_matter()
    heard()
    empty = said(reader(None).get("/hall/handling/"))
    assert "还没有可公示的数据" in empty
    assert "通用申请" in empty
    close(number)
    shown = reckoned()
    page = reader(None).get("/hall/handling/")
    for name, one in shown.items():
        assert (address(one) in page.content.decode()) == (not name.startswith("air.")), name
    assert address(shown[TAKEN_ON]) not in reader(None).get("/wall/").content.decode()
    assert "/hall/handling/" in reader(None).get("/hall/").content.decode()


def test_a_month_that_has_not_begun_has_no_figure(worked: str, reader: Reader) -> None:
    """Before their day only promises that were kept count: next month stood at 100 % and hid this one."""
    close(staged_matter())
    assert DECIDED not in reckoned() or reckoned()[DECIDED].starts <= clock.now().date()
    assert not [one for one in reads.history(DECIDED) if one.starts > clock.now().date()]


def test_what_is_withdrawn_is_no_promise_kept(worked: str, reader: Reader) -> None:
    """An office could ask for withdrawing what would be late, and stood better for it."""
    number = staged_matter()
    reader("resident").post(f"/my/matters/{number}/withdraw")
    figures = reckoned()
    assert TAKEN_ON not in figures or figures[TAKEN_ON].denominator == 0
