"""A window of the invented district at work: a resident booked, two who wait, one who is served."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.kernel.offers.opened import NINE

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.offers import acts, reads
from zhihai.kernel.offers.kinds import OfferInput, Session, SpecialDay, Terms
from zhihai.kernel.wall import PLATFORM, seeing

FIVE = 17 * 60


def settle_windows(resident: Actor, clerk: Actor, item: str, name: str, *, at: datetime) -> None:
    """Set a window up that is closed on a day, let the resident book it, and tickets be taken and called."""
    given = OfferInput(
        kind="zhihai.window", organisation=identity.organisation_by_code("990101").id,
        name=Named("综合服务窗口", "General service window"),
        place=Named("湖畔政务服务大厅一层 A 区", "Lakeside service hall, ground floor, area A"), terms=Terms(),
    )  # fmt: skip
    window = acts.set_offer(SYSTEM, given, at=at)
    acts.set_hours(SYSTEM, window, {day: (Session(NINE, FIVE, 3),) for day in range(5)}, at=at)
    closed = SpecialDay(date(2014, 2, 20), (), Named("设备检修", "Maintenance"))
    acts.set_day(SYSTEM, window, closed, at=at)
    starts = cases.calendar().zone
    nine = datetime(2014, 2, 21, 9, tzinfo=starts)
    asked = acts.Asked(offer=window, starts_at=nine, key="staged", subject=item, title=name)
    acts.book(resident, asked, calendar=cases.calendar(), at=at)
    for n in range(4):
        acts.take_ticket(clerk, window, f"staged{n}", at=at + timedelta(minutes=3 * n))
    first = acts.call_next(clerk, window, "1", at=at + timedelta(minutes=12))
    assert first is not None
    acts.serve(clerk, first.id, at=at + timedelta(minutes=13))
    acts.finish(clerk, first.id, at=at + timedelta(minutes=20))
    acts.call_next(clerk, window, "2", at=at + timedelta(minutes=21))


def staged_window() -> int:
    """Return the number of the window."""
    return min(one.id for one in reads.offers())


def staged_claim() -> int:
    """Return the number of the resident's appointment there."""
    with seeing(PLATFORM):
        return int(records.value("SELECT min(id) FROM offer_claim"))
