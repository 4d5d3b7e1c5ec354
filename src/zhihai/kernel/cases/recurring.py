"""Cases that recur (定期事项): opened for each organisation when a period of the district's calendar begins."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.instants import quarter_of
from zhihai.ground.refusal import Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases.beginning import begin
from zhihai.kernel.cases.dossier import Dossier
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.identity import reads as identity

REVIEW = "zhihai.powers_review"


def open_recurring(*, at: datetime) -> int:
    """Open what recurs for the period that holds ``at``, once for each organisation; returns how many cases.

    All cases of a kind and period are opened in one transaction, by whichever process is first. When a kind is seen for
    the first time its period has begun already: the next one is the first that is opened.
    """
    kinds = [name for name, kind in house.registry().all(CaseKind) if kind.recurs]
    zone = records.value("SELECT zone FROM district")
    if not kinds or zone is None:
        return 0
    begins = quarter_of(at.astimezone(ZoneInfo(zone)).date())
    found = records.rows("SELECT kind, max(begins) FROM case_recurrence WHERE kind = ANY(%s) GROUP BY kind", (kinds,))
    latest: dict[str, date] = dict(found)
    return sum(_open(kind, begins, at, first=kind not in latest) for kind in kinds if latest.get(kind) != begins)


def refuse_unreviewed(actor: Actor, dossier: Dossier, *, at: datetime) -> None:
    """Refuse to close a review of powers while roles are due, but for one's own, which is another's to judge.

    Raises ``Refused`` (``review_due``) with how many there are.
    """
    if dossier.name != REVIEW or dossier.subject is None:
        return
    zone = ZoneInfo(records.value("SELECT zone FROM district"))
    since = datetime.combine(quarter_of(dossier.opened_at.astimezone(zone).date()), time(), zone)
    due = identity.due_for_review(actor, dossier.subject[1], since, at=at)
    left = sum(one.account != actor.account for one in due)
    if left:
        raise Refused("review_due", "outcome", n=left)


def _open(kind: str, begins: date, at: datetime, *, first: bool) -> int:
    # Before the transaction: what a process keeps of cases must not rest on a row that may never be committed.
    records.execute("INSERT INTO case_type (name) VALUES (%s) ON CONFLICT DO NOTHING", (kind,))
    with records.atomic():
        offices = [] if first else identity.offices_of_officials(at=at)
        mine = records.execute(
            "INSERT INTO case_recurrence (kind, begins, at, opened) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (kind, begins, at, len(offices)),
        )
        if not mine:  # another process was first
            return 0
        for office in offices:
            _open_for(office, kind, begins, at)
    return len(offices)


def _open_for(office: identity.Office, kind: str, begins: date, at: datetime) -> None:
    facts = {"office": {"zh": office.name.zh, "en": office.name.en}, "begins": begins.isoformat()}
    place = {"cell": None, "lon": None, "lat": None, "provenance": office.provenance, "facts": facts}
    about = ("organisation", office.id)
    begin(SYSTEM, kind, place, about, lambda found: found, at=at, area=office.area, organisation=office.id)
