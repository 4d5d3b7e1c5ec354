"""Telling applicants how far their matters are (办件通知): what was decided, what is asked, what was answered."""

from __future__ import annotations

from collections.abc import Sequence

from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.cases.events import CaseClosed, StepTaken
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.services.applications import APPLICATION, SUPPLEMENT
from zhihai.kernel.services.rating import RATING


def tell_applicants(heard: Sequence[Heard]) -> None:
    """Listener: tell whoever gave a matter in that it moved on, once for each step; no notice names a person.

    A step that they ended themselves is told too: it is the receipt. That something is asked of them says so.
    """
    events = [(one.at, one.event) for one in heard if isinstance(one.event, StepTaken | CaseClosed)]
    concerned = _concerned(sorted({event.case for _, event in events}))
    told = []
    for at, event in events:
        if event.case not in concerned:
            continue
        noun, account, number = concerned[event.case]
        if isinstance(event, CaseClosed):
            notice, once = "matter_closed" if noun == APPLICATION else "rating_answered", "closed"
        elif noun == APPLICATION and event.opened:
            notice = "matter_asks" if SUPPLEMENT in event.opened else "matter_moved"
            once = f"{event.step}:{'+'.join(event.opened)}"
        else:
            continue
        link, named = f"/my/matters/{number}", f"matter:{event.case}:{once}"
        told.append(channels.Telling([account], f"zhihai.{notice}", {"number": number}, link, named, at))
    channels.tell(told)


def _concerned(ids: Sequence[int]) -> dict[int, tuple[str, int, str]]:
    """Return of cases that are about applications or ratings which, whose account, and the number of the matter.

    What an official took down is told the account of whose matter it is, where they have one that was shown in person.
    """
    subjects = cases.subjects(ids, (APPLICATION, RATING))
    ratings = [id_ for noun, id_ in subjects.values() if noun == RATING]
    with identity.seeing(identity.PLATFORM):
        rated: dict[int, int] = dict(
            records.rows("SELECT id, application_id FROM feedback WHERE id = ANY(%s)", (ratings,))
        )
        about = {case: id_ if noun == APPLICATION else rated[id_] for case, (noun, id_) in subjects.items()}
        accounts: dict[int, int] = dict(
            records.rows(
                """SELECT a.id, CASE WHEN a.way = 'hall' THEN a.account_id ELSE max(t.account_id) END
                   FROM application a LEFT JOIN account_person t ON t.person_id = a.person_id AND t.level = 3
                       AND a.way <> 'hall'
                   WHERE a.id = ANY(%s) GROUP BY a.id HAVING a.way = 'hall' OR max(t.account_id) IS NOT NULL""",
                (sorted(set(about.values())),),
            )
        )  # fmt: skip
    matters = cases.progress(APPLICATION, sorted(set(about.values())))
    return {
        case: (subjects[case][0], accounts[id_], matters[id_].number) for case, id_ in about.items() if id_ in accounts
    }
