"""Appointments: booked, moved, given back, held to their terms; who sees them; what follows from missing some."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.kernel.acting import AT, EAST, MACHINE
from tests.kernel.hearing import heard
from tests.kernel.identity.peopled import helping, number, registered, somebody
from tests.kernel.offers.opened import (
    HALF,
    NINE,
    NOON,
    TUESDAY,
    a_window,
    asked,
    booked,
    calendar,
    clerk,
    counted,
    keeper,
    left,
    resident,
    set_terms,
    state_of,
)

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.offers import acts, reads
from zhihai.kernel.offers.kinds import Session, SpecialDay, Terms
from zhihai.kernel.wall import PLATFORM, seeing

DAY = timedelta(days=1)


def test_a_place_is_taken_seen_by_whose_it_is_and_by_nobody_else(district: str) -> None:
    window, mine, other = a_window(), resident(1), resident(2)
    claim = booked(mine, window)
    assert (claim.starts_at, claim.ends_at, claim.state, claim.own) == (TUESDAY, TUESDAY + HALF, "held", True)
    assert [one.id for one in reads.my_claims(mine, at=AT)] == [claim.id]
    assert reads.own_claim(mine, claim.id, at=AT).code == claim.code
    assert reads.my_claims(other, at=AT) == ()
    with pytest.raises(NotFound):
        reads.own_claim(other, claim.id, at=AT)
    assert left(window) == 1
    assert counted(window)


def test_without_saying_who_reads_no_row_is_seen(district: str) -> None:
    booked(resident(), a_window())
    assert store.rows("SELECT * FROM offer_claim") == []


def test_the_same_form_sent_twice_takes_one_place(district: str) -> None:
    window, mine = a_window(), resident()
    given = asked(window, key="once")
    first, second = (acts.book(mine, given, calendar=calendar(), at=AT) for _ in range(2))
    assert first.id == second.id
    assert left(window) == 1


def test_a_full_slot_says_so_and_takes_nothing(district: str) -> None:
    window = a_window(places=1)
    booked(resident(1), window)
    late = resident(2)
    with pytest.raises(Conflict) as refused:
        booked(late, window)
    assert refused.value.code == "slot_full"
    assert reads.my_claims(late, at=AT) == ()
    assert counted(window)


@pytest.mark.parametrize(
    ("starts", "code"),
    [
        (TUESDAY + timedelta(minutes=5), "no_slot"),
        (TUESDAY + timedelta(hours=5), "no_slot"),
        (AT, "slot_begun"),
        (TUESDAY + 14 * DAY, "slot_far"),
    ],
)
def test_what_is_not_offered_is_not_booked(district: str, starts: object, code: str) -> None:
    window, mine = a_window(), resident()
    with pytest.raises(Refused) as refused:
        booked(mine, window, starts)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_nobody_hoards(district: str) -> None:
    window, mine = a_window(terms=Terms(held_most=2)), resident()
    booked(mine, window)
    booked(mine, window, TUESDAY + HALF)
    with pytest.raises(Refused) as refused:
        booked(mine, window, TUESDAY + 2 * HALF)
    assert (refused.value.code, refused.value.facts) == ("claims_held", {"most": 2})


def test_moving_gives_the_one_back_as_it_takes_the_other(district: str) -> None:
    window, mine = a_window(places=1), resident()
    claim = booked(mine, window)
    for starts in (TUESDAY + HALF, TUESDAY):
        moved = acts.move(mine, claim.id, starts, calendar=calendar(), at=AT)
        assert (moved.id, moved.code, moved.starts_at) == (claim.id, claim.code, starts)
        assert counted(window)
    assert (left(window), left(window, TUESDAY + HALF)) == (0, 1)


def test_moving_to_a_full_slot_keeps_what_one_has(district: str) -> None:
    window, mine = a_window(places=1), resident(1)
    booked(resident(2), window, TUESDAY + HALF)
    claim = booked(mine, window)
    with pytest.raises(Conflict):
        acts.move(mine, claim.id, TUESDAY + HALF, calendar=calendar(), at=AT)
    assert reads.own_claim(mine, claim.id, at=AT).starts_at == TUESDAY
    assert counted(window)


def test_given_back_in_time_it_is_anothers_late_it_is_the_windows(district: str) -> None:
    window, mine = a_window(places=1), resident(1)
    claim = booked(mine, window)
    late = TUESDAY - timedelta(minutes=119)
    for change in (
        lambda: acts.cancel(mine, claim.id, at=late),
        lambda: acts.move(mine, claim.id, TUESDAY + HALF, calendar=calendar(), at=late),
    ):
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.code == "claim_late"
    acts.cancel(mine, claim.id, at=TUESDAY - timedelta(minutes=120))
    assert left(window) == 1
    again = booked(resident(2), window)
    acts.cancel_for(clerk(), again.id, "家中有事，电话取消", at=late)
    assert state_of(again.id) == "cancelled"
    with pytest.raises(Conflict):
        acts.cancel_for(clerk(), again.id, "再次", at=late)


def test_somebody_without_an_account_is_booked_for_and_seen_later_by_their_own(district: str) -> None:
    window = a_window()
    (person,) = registered(somebody(7, "曾示例7", EAST))
    claim = acts.book_for(clerk(), "曾示例7", number(7), asked(window), calendar=calendar(), at=AT)
    assert (claim.person, claim.way) == (person, "window")
    with pytest.raises(Refused) as refused:
        acts.book_for(clerk(), "曾示例8", number(7), asked(window), calendar=calendar(), at=AT)
    assert refused.value.code == "nobody_so_named"
    with pytest.raises(NotPermitted):
        acts.book_for(clerk(EAST), "曾示例7", number(7), asked(window), calendar=calendar(), at=AT)
    moved = acts.move_for(clerk(), claim.id, TUESDAY + HALF, calendar=calendar(), at=AT)
    assert moved.starts_at == TUESDAY + HALF


def test_reduced_below_what_was_promised_promises_stand_and_it_is_told_whom_it_concerns(district: str) -> None:
    window = a_window(places=3)
    claims = [booked(resident(n), window) for n in (1, 2, 3)]
    acts.set_hours(keeper(), window, {day: (Session(NINE, NOON, 1),) for day in range(5)}, at=AT)
    offer = reads.offer(window)
    assert set(reads.displaced(offer, calendar(), at=AT)) == {one.id for one in claims[1:]}
    assert {one.id for one in reads.displaced_claims(clerk(), offer, calendar(), at=AT)} == {c.id for c in claims[1:]}
    assert left(window) == 0
    acts.cancel_for(clerk(), claims[2].id, "窗口减少", at=AT)
    with pytest.raises(Conflict):
        booked(resident(4), window)
    acts.cancel_for(clerk(), claims[1].id, "窗口减少", at=AT)
    assert reads.displaced(offer, calendar(), at=AT) == ()
    assert left(window) == 0
    assert counted(window)


def test_a_day_that_is_closed_concerns_who_is_booked_and_takes_nobody_more(district: str) -> None:
    window = a_window()
    claim = booked(resident(1), window)
    closed = SpecialDay(date(2014, 2, 18), (), Named("设备检修", "Maintenance"))
    acts.set_day(keeper(), window, closed, at=AT)
    assert reads.displaced(reads.offer(window), calendar(), at=AT) == (claim.id,)
    with pytest.raises(Refused) as refused:
        booked(resident(2), window)
    assert refused.value.code == "no_slot"
    acts.clear_day(keeper(), window, date(2014, 2, 18), at=AT)
    assert reads.displaced(reads.offer(window), calendar(), at=AT) == ()


def test_whose_appointment_lies_outside_the_hours_is_told_once_whatever_changed_them(district: str) -> None:
    """Clearing a special day told nobody of those who were booked on it."""
    window, mine, sunday = a_window(), resident(1), date(2014, 2, 23)
    begins = datetime(2014, 2, 23, 1, tzinfo=UTC)
    acts.set_day(keeper(), window, SpecialDay(sunday, (Session(NINE, NOON, 1),), Named("加开", "Open besides")), at=AT)
    claim = booked(mine, window, begins)
    assert acts.tell_displaced(calendar(), at=AT) == 0
    acts.clear_day(keeper(), window, sunday, at=AT)
    assert [acts.tell_displaced(calendar(), at=AT + n * HALF) for n in range(2)] == [1, 0]
    heard()
    (told,) = [one for one in channels.notices(mine.account) if one.kind == "zhihai.appointment_displaced"]
    assert told.link == f"/my/appointments/{claim.id}"
    assert "曾示例" not in "".join(told.say("zh"))
    moved = acts.move(mine, claim.id, TUESDAY, calendar=calendar(), at=AT)
    assert acts.tell_displaced(calendar(), at=AT + HALF) == 0, "where it was moved to it fits"
    assert moved.state == "held"


def test_what_fits_again_and_is_displaced_anew_is_told_anew(district: str) -> None:
    """A window switched off, on and off again told its holders of the first time alone."""
    window, mine = a_window(), resident(1)
    booked(mine, window)
    closed = SpecialDay(date(2014, 2, 18), (), Named("设备检修", "Maintenance"))
    told = []
    for _ in range(2):
        set_terms(Terms(), window, is_open=False)
        told += [acts.tell_displaced(calendar(), at=AT) for _ in range(2)]
        set_terms(Terms(), window)
        told += [acts.tell_displaced(calendar(), at=AT) for _ in range(2)]
    assert told == [1, 0, 0, 0] * 2, "at one instant of a clock that stands, too"
    acts.set_day(keeper(), window, closed, at=AT)
    assert [acts.tell_displaced(calendar(), at=AT + n * HALF) for n in range(3)] == [1, 0, 0]


def test_slots_laid_anew_do_not_sell_the_time_that_was_promised(district: str) -> None:
    window = a_window(places=1)
    claim = booked(resident(1), window, TUESDAY + HALF)
    acts.set_hours(keeper(), window, {day: (Session(NINE + 15, NOON, 1),) for day in range(5)}, at=AT)
    for minutes in (15, 45):  # both lie across what is held from half past nine
        assert left(window, TUESDAY + timedelta(minutes=minutes)) == 0
        with pytest.raises(Conflict):
            booked(resident(minutes), window, TUESDAY + timedelta(minutes=minutes))
    assert left(window, TUESDAY + timedelta(minutes=75)) == 1
    assert reads.displaced(reads.offer(window), calendar(), at=AT) == (claim.id,)


def test_what_was_promised_under_former_hours_moves_to_where_it_lies(district: str) -> None:
    """Its own place stood in its way, or it was said to have moved and had not."""
    window, mine = a_window(places=1), resident(1)
    claim = booked(mine, window, TUESDAY + HALF)
    set_terms(Terms(slot_minutes=60), window)
    assert left(window) == 0
    days = reads.free_days([reads.offer(window)], calendar(), at=AT, moving=claim)[window]
    free = [one.slot.starts_at for day in days for one in day.slots if one.left]
    assert TUESDAY in free, "what moves gives its place back, and may be offered the time in which it lies"
    moved = acts.move(mine, claim.id, TUESDAY, calendar=calendar(), at=AT)
    assert (moved.starts_at, moved.ends_at) == (TUESDAY, TUESDAY + 2 * HALF)
    set_terms(Terms(slot_minutes=30), window)
    again = acts.move(mine, claim.id, TUESDAY, calendar=calendar(), at=AT)
    assert (again.starts_at, again.ends_at) == (TUESDAY, TUESDAY + HALF)
    assert reads.displaced(reads.offer(window), calendar(), at=AT) == ()
    assert left(window, TUESDAY + HALF) == 1


def test_what_lay_after_the_window_had_closed_is_not_missed(district: str) -> None:
    window, mine = a_window(), resident()
    claim = booked(mine, window, TUESDAY + 2 * HALF)
    acts.take_ticket(clerk(), window, "somebody", at=TUESDAY)
    assert acts.call_next(clerk(), window, "1", at=TUESDAY) is not None
    assert acts.end_past(at=TUESDAY + timedelta(hours=3)) == 1
    assert state_of(claim.id) == "lapsed", "nobody was called from its time on"


def _miss(mine: Actor, n: int, window: int) -> reads.Claim:
    """Book the first slot of the n-th day, and let it go by at a window that works with its list that day."""
    starts = TUESDAY + n * DAY
    claim = booked(mine, window, starts, at=starts - timedelta(hours=20))
    acts.take_ticket(clerk(), window, f"somebody{n}", at=starts)
    called = acts.call_next(clerk(), window, "1", at=starts)
    assert called is not None
    acts.pass_over(clerk(), called.id, at=starts)
    assert acts.end_past(at=starts + HALF + timedelta(minutes=30)) == 0
    assert acts.end_past(at=starts + HALF + timedelta(minutes=31)) == 1
    return claim


def test_who_misses_several_books_nothing_for_a_while_and_is_told_until_when(district: str) -> None:
    terms = Terms(missed_most=2, barred_days=10)
    window, mine = a_window(terms=terms), resident()
    missed = [_miss(mine, n, window) for n in (0, 1)]
    assert [state_of(one.id) for one in missed] == ["missed", "missed"]
    now = TUESDAY + 2 * DAY - timedelta(hours=20)
    assert reads.footing(mine, terms, at=now) == reads.Footing(True, 2, TUESDAY + 11 * DAY)
    with pytest.raises(Refused) as refused:
        booked(mine, window, TUESDAY + 2 * DAY, at=now)
    assert (refused.value.code, refused.value.facts["until"]) == ("claims_missed", "2014-03-01")
    acts.book_for(clerk(), "曾示例1", number(1), asked(window, TUESDAY + 2 * DAY), calendar=calendar(), at=now)
    acts.excuse(clerk(), missed[0].id, "地铁停运", at=now)
    booked(mine, window, TUESDAY + 2 * DAY, at=now)
    with pytest.raises(NotFound):
        acts.excuse(clerk(), missed[0].id, "再次", at=now)


def test_at_a_window_that_kept_no_list_nobody_is_said_to_have_stayed_away(district: str) -> None:
    window, mine = a_window(), resident()
    claim = booked(mine, window)
    assert acts.end_past(at=TUESDAY + timedelta(hours=3)) == 1
    assert state_of(claim.id) == "lapsed"
    assert reads.footing(mine, Terms(), at=TUESDAY + DAY) == reads.Footing(True, 0, None)


def test_each_change_is_told_once_and_names_nobody(district: str) -> None:
    window, mine = a_window(), resident()
    claim = booked(mine, window, at=AT + timedelta(hours=5))
    acts.move(mine, claim.id, TUESDAY + HALF, calendar=calendar(), at=AT)
    assert acts.remind(at=TUESDAY - timedelta(hours=20)) == 0  # booked within the day before
    far = booked(mine, window, TUESDAY + 2 * DAY)
    assert [acts.remind(at=TUESDAY + DAY + HALF) for _ in range(2)] == [1, 0]
    acts.cancel(mine, claim.id, at=AT)
    heard()
    heard()
    told = channels.notices(mine.account)
    assert sorted(one.kind for one in told) == sorted(
        f"zhihai.appointment_{what}" for what in ("made", "made", "moved", "cancelled", "tomorrow")
    )
    assert {one.link for one in told} == {f"/my/appointments/{claim.id}", f"/my/appointments/{far.id}"}
    for one in told:
        for language in ("zh", "en"):
            assert "曾示例" not in "".join(one.say(language))


def test_a_name_and_a_number_use_up_nobodys_appointments(district: str) -> None:
    """Whoever only knows them books for themselves, and the person neither sees it, nor is told, nor pays for it."""
    terms = Terms(held_most=1, missed_most=1)
    window, mine = a_window(terms=terms), resident(1)
    stranger = Actor(
        account=identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT), name="某人",
        sort="resident",
    )  # fmt: skip
    identity.claim_person(stranger, "曾示例1", number(1), at=AT, at_machine=MACHINE)
    taken = booked(stranger, window)
    acts.take_ticket(clerk(), window, "somebody", at=TUESDAY)
    acts.call_next(clerk(), window, "1", at=TUESDAY)
    held = booked(mine, window, TUESDAY + DAY)
    assert [one.id for one in reads.my_claims(mine, at=AT)] == [held.id]
    assert [one.id for one in reads.my_claims(stranger, at=AT)] == [taken.id]
    acts.end_past(at=TUESDAY + timedelta(hours=2))
    assert state_of(taken.id) == "missed"
    assert reads.footing(mine, terms, at=TUESDAY + DAY) == reads.Footing(True, 0, None)
    acts.cancel(mine, held.id, at=AT)
    booked(mine, window, TUESDAY + 2 * DAY, at=TUESDAY + timedelta(hours=3))
    heard()
    assert {one.link for one in channels.notices(mine.account)} & {f"/my/appointments/{taken.id}"} == set()


def test_who_telephones_holds_as_many_as_one_may_of_what_was_shown_to_be_theirs(district: str) -> None:
    """What an account took on their name and number alone is not theirs to have used up, at a window as online."""
    window, mine = a_window(terms=Terms(held_most=1)), resident(1)
    unproved = Actor(
        account=identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT), name="某人",
        sort="resident",
    )  # fmt: skip
    identity.claim_person(unproved, "曾示例1", number(1), at=AT, at_machine=MACHINE)
    booked(unproved, window)

    def by_telephone(starts_at: datetime) -> reads.Claim:
        return acts.book_for(clerk(), "曾示例1", number(1), asked(window, starts_at), calendar=calendar(), at=AT)

    taken = by_telephone(TUESDAY + DAY)
    assert taken.person == reads.own_claim(mine, taken.id, at=AT).person
    with pytest.raises(Refused, match="claims_held"):
        by_telephone(TUESDAY + 2 * DAY)
    with pytest.raises(Refused, match="claims_held"):
        booked(mine, window, TUESDAY + 2 * DAY)


def test_who_acts_for_somebody_books_for_them_only_while_they_do(district: str) -> None:
    window, elder, helper = a_window(), resident(1), resident(2)
    (person,) = store_people("曾示例1")
    made = identity.record_tie(SYSTEM, helping(person, 2), at=AT)
    claim = acts.book(helper, asked(window), calendar=calendar(), at=AT, tie=made)
    assert (claim.person, claim.own) == (person, False)
    assert [one.id for one in reads.my_claims(elder, at=AT)] == [claim.id]
    assert reads.own_claim(helper, claim.id, at=AT).name == "曾示例1"
    identity.end_tie(elder, made, "不再需要", at=AT)
    later = AT + timedelta(hours=1)
    assert reads.my_claims(helper, at=later) == ()
    for change in (
        lambda: reads.own_claim(helper, claim.id, at=later),
        lambda: acts.cancel(helper, claim.id, at=later),
    ):
        with pytest.raises(Refused):
            change()
    heard()
    before = told(helper)
    acts.cancel(elder, claim.id, at=later)
    heard()
    assert told(helper) == before, "whoever helps no more is told no more"
    assert "zhihai.appointment_cancelled" in told(elder)


def told(whom: Actor) -> list[str]:
    return [one.kind for one in channels.notices(whom.account)]


def store_people(name: str) -> list[int]:
    with seeing(PLATFORM):
        return [row[0] for row in store.rows("SELECT id FROM person WHERE name = %s", (name,))]
