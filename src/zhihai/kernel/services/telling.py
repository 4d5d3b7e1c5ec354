"""Telling applicants how far their matters are (办件通知): what was decided, what is asked, what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.cases.events import CaseClosed, ClockExtended, StepTaken
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.services.applications import APPLICATION, SUPPLEMENT
from zhihai.kernel.services.rating import RATING


def tell_applicants(heard: Sequence[Heard]) -> None:
    """Listener: tell whoever gave a matter in that it moved on, once for each step; no notice names a person.

    Whoever gave it in themselves is told by their account, by a tie while it holds; where somebody else took it in, or
    the tie has ended, the person whose matter it is. A step that they ended themselves is told too: it is the receipt.
    That something is asked of them says so, and that a limit was extended.
    """
    events = [(one.at, one.event) for one in heard if isinstance(one.event, StepTaken | CaseClosed | ClockExtended)]
    if not events:
        return
    concerned = _concerned(sorted({event.case for _, event in events}), max(at for at, _ in events))
    told = []
    for at, event in events:
        if event.case not in concerned:
            continue
        noun, (account, person), number = concerned[event.case]
        if isinstance(event, CaseClosed):
            notice, once = "matter_closed" if noun == APPLICATION else "rating_answered", "closed"
        elif noun == APPLICATION and isinstance(event, ClockExtended):
            notice, once = "matter_extended", f"extended:{event.clock}:{at.isoformat()}"
        elif noun == APPLICATION and isinstance(event, StepTaken) and event.opened:
            notice = "matter_asks" if SUPPLEMENT in event.opened else "matter_moved"
            once = f"{event.step}:{'+'.join(event.opened)}"
        else:
            continue
        people = [person] if account is None and person is not None else []
        told.append(
            channels.Telling(
                [account] if account is not None else [], f"zhihai.{notice}", {"number": number},
                f"/my/matters/{number}", f"matter:{event.case}:{once}", at, people=people, about=("case", event.case),
            )
        )  # fmt: skip
    channels.tell(told)


def _concerned(ids: Sequence[int], at: datetime) -> dict[int, tuple[str, tuple[int | None, int | None], str]]:
    """Return of cases that are about applications or ratings which, who gave it in, and the number of the matter.

    Who gave it in: the account that is told, ``None`` where it is not theirs any more or never was; and the person
    whose matter it is, ``None`` where a caller said no name.
    """
    subjects = cases.subjects(ids, (APPLICATION, RATING))
    ratings = [id_ for noun, id_ in subjects.values() if noun == RATING]
    with identity.seeing(identity.PLATFORM):
        rated: dict[int, int] = dict(
            records.rows("SELECT id, application_id FROM feedback WHERE id = ANY(%s)", (ratings,))
        )
        about = {case: id_ if noun == APPLICATION else rated[id_] for case, (noun, id_) in subjects.items()}
        asked = """SELECT a.id, CASE WHEN a.way = 'hall' AND (a.tie_id IS NULL OR EXISTS (SELECT FROM tie t
            WHERE t.id = a.tie_id AND t.valid_from <= %s AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s))
            THEN a.account_id END, a.person_id FROM application a WHERE a.id = ANY(%s)"""
        wanted = sorted(set(about.values()))
        senders = {id_: (account, person) for id_, account, person in records.rows(asked, (at, at, wanted))}
    matters = cases.progress(APPLICATION, wanted)
    return {case: (subjects[case][0], senders[id_], matters[id_].number) for case, id_ in about.items()}
