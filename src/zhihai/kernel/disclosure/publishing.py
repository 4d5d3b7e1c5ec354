"""Writing, reviewing and publishing what the government tells of itself (主动公开): by two, and within its limit.

政府信息公开条例 art. 17: what is to be published is reviewed first by the law on state secrets; art. 26: published
within 20 working days of being made or changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import PUBLISH_DISCLOSURE, WRITE_DISCLOSURE
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.disclosure.agreeing import ended
from zhihai.kernel.disclosure.arising import asker_of, refuse_source
from zhihai.kernel.disclosure.checking import (
    checked,
    kind_of,
    last_day,
    limit_of,
    pieces_of,
    refuse_personal,
    refuse_personal_text,
    shown_of,
)
from zhihai.kernel.disclosure.kinds import LONGEST_REASON, BroughtIn, State, VersionInput
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.reads import clock

NOUN = "publication"


@dataclass(frozen=True, slots=True)
class Held:
    """A publication that is locked: its state, the place of whose it is, the number of the matter that it came out of,
    and the number of its draft, if one waits.
    """

    kind: str
    state: State
    lo: int
    matter: str
    draft: int | None


def hold(publication: int, *, draft: bool) -> Held:
    """Lock a publication. Raises ``NotFound``; ``Conflict`` where ``draft`` is asked for and none waits."""
    row = records.one(
        """SELECT p.kind, p.state, o.lo, p.matter, (SELECT v.id FROM publication_version v
               WHERE v.publication_id = p.id AND v.state = 'draft')
           FROM publication p JOIN organisation o ON o.id = p.organisation_id WHERE p.id = %s FOR UPDATE OF p""",
        (publication,),
    )
    if row is None:
        raise NotFound("no_publication", "publication")
    if draft and row[4] is None:
        raise Conflict("publication_no_draft", "publication")
    return Held(*row)


def _today(at: datetime) -> date:
    return at.astimezone(clock().zone).date()


def begin_publication(
    actor: Actor, kind: str, organisation: int, given: VersionInput, *, at: datetime, provenance: str = "real",
    matter: str = "",
) -> int:  # fmt: skip
    """Begin a publication with its first draft; return its number, which is its address for good.

    ``matter`` is the number of the matter it comes out of. Raises ``NotPermitted`` without the power
    ``disclosure.write`` over the organisation, ``Refused`` naming the field for an unknown kind or organisation, an
    empty or overlong text, a day that is not before tomorrow, anything personal in what is not in the list, and as
    :func:`~zhihai.kernel.disclosure.arising.refuse_source` does for the matter.
    """
    declared = kind_of(kind)
    office = next((one for one in identity.organisations() if one.id == organisation and one.ended is None), None)
    if office is None:
        raise Refused("publication_organisation", "organisation")
    actor.need(WRITE_DISCLOSURE, office.lo, None)
    says = checked(given, _today(at), amends=False)
    with records.atomic():
        refuse_source(actor, kind, declared, matter, at=at)
        if declared.shown != "list":
            refuse_personal(says, asker_of(matter))
        id_ = records.value(
            """INSERT INTO publication (kind, organisation_id, state, provenance, changed_at, matter)
               VALUES (%s, %s, 'draft', %s, %s, %s)
               ON CONFLICT (matter) WHERE matter <> '' DO NOTHING RETURNING id""",
            (kind, organisation, provenance, at, matter),
        )
        if id_ is None:
            raise Conflict("publication_matter_taken", "matter")
        records.execute(
            """INSERT INTO publication_version (publication_id, version, state, title, body, document_number, made_on,
                   items, theme, written_by, written_at)
               VALUES (%s, 1, 'draft', %s, %s, %s, %s, %s, %s, ARRAY[%s]::bigint[], %s)""",
            (
                id_, says.title, says.body, says.number, says.made_on, list(says.items), says.theme, actor.account,
                at,
            ),
        )  # fmt: skip
        data = {"kind": kind, "organisation": organisation, "title": says.title, "matter": matter}
        journal.record(actor, "disclosure.begin_publication", NOUN, id_, data, at=at)
    return int(id_)


def write_version(actor: Actor, publication: int, given: VersionInput, *, at: datetime, seen: int | None = None) -> int:
    """Write the draft of a publication, whole; where none waits, a new version begins with the files of the last.

    ``seen`` is the revision of the draft that the writer had before them, 0 where none waited: ``Conflict`` where
    another wrote meanwhile. Returns its version. What was reviewed has to be reviewed again. Raises ``NotPermitted``
    without the power ``disclosure.write`` over whose it is, ``NotFound`` for none, ``Refused`` as
    :func:`begin_publication` does, and where what is public is amended without a reason.
    """
    with records.atomic():
        held = hold(publication, draft=False)
        actor.need(WRITE_DISCLOSURE, held.lo, None)
        if seen is not None and seen != _revision(held.draft):
            raise Conflict("publication_moved", "revision")
        says = checked(given, _today(at), amends=held.state != "draft")
        if shown_of(held.kind) != "list":
            refuse_personal(says, asker_of(held.matter))
        values = (
            says.title, says.body, says.number, says.made_on, says.reason, list(says.items), says.theme
        )  # fmt: skip
        if held.draft is None:
            version = records.value(_NEXT, (*values, actor.account, at, publication))
            if held.state != "withdrawn":  # what was taken down is not carried on
                records.execute(_CARRY, (publication, version))
        else:
            version = records.value(_REWRITE, (*values, actor.account, at, held.draft))
        journal.record(
            actor, "disclosure.write_version", NOUN, publication, {"version": version, "title": says.title}, at=at
        )
    return int(version)


def _revision(draft: int | None) -> int:
    """Return the revision of a draft, 0 for none."""
    asked = "SELECT revision FROM publication_version WHERE id = %s"
    return 0 if draft is None else int(records.value(asked, (draft,)))


_NEXT = """INSERT INTO publication_version
        (publication_id, version, state, title, body, document_number, made_on, reason, items, theme, written_by,
         written_at)
    SELECT v.publication_id, max(v.version) + 1, 'draft', %s, %s, %s, %s, %s, %s, %s, ARRAY[%s]::bigint[], %s
    FROM publication_version v WHERE v.publication_id = %s GROUP BY 1 RETURNING version"""
_CARRY = """INSERT INTO publication_version_file SELECT n.id, f.file, f.place
    FROM publication_version n JOIN publication_version o ON o.publication_id = n.publication_id
        AND o.version = n.version - 1 JOIN publication_version_file f ON f.version_id = o.id
    WHERE n.publication_id = %s AND n.version = %s"""
TOUCHED = """revision = revision + 1, reviewed_by = NULL, reviewed_at = NULL, fit = NULL, ground = ''"""
"""What every change of a draft does beside itself: what was reviewed is not what stands there now."""
_REWRITE = f"""UPDATE publication_version SET title = %s, body = %s, document_number = %s, made_on = %s, reason = %s,
        items = %s, theme = %s, written_by = ARRAY(SELECT DISTINCT unnest(written_by || %s::bigint)), written_at = %s,
        {TOUCHED} WHERE id = %s RETURNING version"""


def discard_version(actor: Actor, publication: int, *, at: datetime) -> None:
    """Throw a draft away; a publication that never was public goes with it.

    Raises ``NotPermitted`` without the power ``disclosure.write`` over whose it is, ``NotFound``, ``Conflict`` where
    no draft waits.
    """
    with records.atomic():
        held = hold(publication, draft=True)
        actor.need(WRITE_DISCLOSURE, held.lo, None)
        records.execute("DELETE FROM publication_version WHERE id = %s", (held.draft,))
        drop_loose_files()
        if held.state == "draft":
            records.execute("DELETE FROM publication WHERE id = %s", (publication,))
        journal.record(actor, "disclosure.discard_version", NOUN, publication, {}, at=at)


def drop_loose_files() -> None:
    """Delete files that no version carries any more."""
    records.execute(
        """DELETE FROM publication_file f
           WHERE NOT EXISTS (SELECT FROM publication_version_file v WHERE v.file = f.key)"""
    )


def _seen(actor: Actor, publication: int, revision: int) -> tuple[Held, records.Row]:
    """Lock a draft that another wrote, as it was seen. Raises as :func:`review_version` does."""
    held = hold(publication, draft=True)
    actor.need(PUBLISH_DISCLOSURE, held.lo, None)
    row = records.one(
        "SELECT revision, written_by, fit, made_on, title, body, document_number, version FROM publication_version"
        " WHERE id = %s",
        (held.draft,),
    )
    assert row is not None
    if row[0] != revision:
        raise Conflict("publication_moved", "revision")
    if actor.account in row[1]:
        raise NotPermitted("publication_own")
    return held, row


def review_version(actor: Actor, publication: int, revision: int, fit: bool, ground: str, *, at: datetime) -> None:
    """Say whether a draft may be published by the law on secrets (保密审查), and by which ground.

    Raises ``NotPermitted`` without the power ``disclosure.publish`` over whose it is, and for who wrote at it;
    ``Conflict`` where it was changed since it was seen at ``revision``; ``Refused`` without a ground.
    """
    said = " ".join(ground.split())
    if not 2 <= len(said) <= LONGEST_REASON:
        raise Refused("publication_ground", "ground", most=LONGEST_REASON)
    with records.atomic():
        held, row = _seen(actor, publication, revision)
        records.execute(
            "UPDATE publication_version SET reviewed_by = %s, reviewed_at = %s, fit = %s, ground = %s WHERE id = %s",
            (actor.account, at, fit, said, held.draft),
        )
        data = {"version": row[7], "revision": revision, "fit": fit, "ground": said}
        journal.record(actor, "disclosure.review_version", NOUN, publication, data, at=at)


def publish_version(actor: Actor, publication: int, revision: int, *, at: datetime) -> int:
    """Publish a draft that another wrote and that was found fit; return its version.

    What was public before stays readable as a former version. Raises as :func:`review_version` does, and ``Refused``
    where it was not reviewed as it stands, or not found fit, and where who asked took back that it be published.
    """
    with records.atomic():
        held, row = _seen(actor, publication, revision)
        if not row[2]:
            raise Refused("publication_unreviewed", "publication")
        if ended(held.matter) is not None:
            raise Refused("publication_agreement_ended", "publication", status=409)
        due = last_day(row[3], limit_of(held.kind), cases.calendar())
        records.execute(
            "UPDATE publication_version SET state = 'superseded', ended_at = %s, pieces = '{}', title_pieces = '{}'"
            " WHERE publication_id = %s AND state = 'published'",
            (at, publication),
        )
        title = pieces_of(f"{row[4]} {row[6]}")
        records.execute(
            """UPDATE publication_version SET state = 'published', published_by = %s, published_at = %s, due_on = %s,
                   title_pieces = %s, pieces = %s WHERE id = %s""",
            (actor.account, at, due, title, sorted({*title, *pieces_of(row[5])}), held.draft),
        )
        _turn(publication, "published", "", at)
        data = {"version": row[7], "due": due, "late": due is not None and _today(at) > due}
        journal.record(actor, "disclosure.publish_version", NOUN, publication, data, at=at)
    return int(row[7])


def _turn(publication: int, state: State, reason: str, at: datetime) -> None:
    records.execute(
        "UPDATE publication SET state = %s, reason = %s, changed_at = %s WHERE id = %s",
        (state, reason, at, publication),
    )


def withdraw_publication(actor: Actor, publication: int, reason: str, *, readable: bool, at: datetime) -> None:
    """Say that a publication holds no more, with the reason that stands in its place.

    ``readable``: it was repealed (废止、失效), and can still be read; else it is taken down (撤下), texts and files of
    all versions, for good: a new version is public, what was taken down is not. Raises ``NotPermitted`` without the
    power ``disclosure.publish`` over whose it is, ``NotFound``, ``Conflict`` for one that is not public, ``Refused``
    without a reason, and for leaving readable what who asked agrees to no more.
    """
    said = " ".join(reason.split())
    with records.atomic():
        held = hold(publication, draft=False)
        actor.need(PUBLISH_DISCLOSURE, held.lo, None)
        state: State = "repealed" if readable else "withdrawn"
        if held.state not in ("published", "repealed") or held.state == state:
            raise Conflict("publication_not_public", "publication")
        if readable and ended(held.matter) is not None:
            raise Refused("publication_agreement_readable", "how")
        if not 2 <= len(said) <= LONGEST_REASON:
            raise Refused("publication_withdrawn_why", "reason", most=LONGEST_REASON)
        if shown_of(held.kind) != "list":
            refuse_personal_text("reason", said, asker_of(held.matter) if held.matter else "")
        if not readable:
            records.execute(
                """UPDATE publication_version SET taken_down_at = %s
                   WHERE publication_id = %s AND state <> 'draft' AND taken_down_at IS NULL""",
                (at, publication),
            )
        _turn(publication, state, said, at)
        data = {"state": state, "reason": said}
        journal.record(actor, "disclosure.withdraw_publication", NOUN, publication, data, at=at)


def bring_in_publications(
    actor: Actor, given: Sequence[BroughtIn], source: str, *, at: datetime, provenance: str = "real"
) -> tuple[int, ...]:
    """Bring in what was published elsewhere before, all or nothing, with the days it was made and published there.

    It was reviewed there, says the ground that is kept with it. Raises ``NotPermitted`` without the power
    ``disclosure.write`` over the whole district, ``Refused`` naming the line for what :func:`begin_publication`
    refuses, and for a day of publishing before it was made or after today.
    """
    actor.need(WRITE_DISCLOSURE)
    offices = {one.code: one.id for one in identity.organisations() if one.ended is None}
    calendar = cases.calendar()
    with records.atomic():
        made = tuple(
            _bring(one, n, offices, calendar, at, (source, provenance)) for n, one in enumerate(given, start=1)
        )
        data = {"source": source, "publications": len(made)}
        journal.record(actor, "disclosure.bring_in_publications", NOUN, made[0] if made else None, data, at=at)
    return made


def _bring(
    one: BroughtIn, n: int, offices: dict[str, int], calendar: WorkingCalendar, at: datetime, whence: tuple[str, str]
) -> int:
    today = at.astimezone(calendar.zone).date()
    try:
        declared = kind_of(one.kind)
        says = checked(one.says, today, amends=False)
        if declared.shown == "register":
            raise Refused("publication_matter_asked", "kind")
        if declared.shown != "list":
            refuse_personal(says, "")
    except Refused as refused:
        raise Refused(refused.code, f"{n} {refused.field}", status=refused.status, **refused.facts) from refused
    if one.organisation not in offices:
        raise Refused("publication_organisation", f"{n} organisation")
    if not says.made_on <= one.published_on <= today:
        raise Refused("publication_published_on", f"{n} published_on")
    when = min(at, datetime.combine(one.published_on, time(9), calendar.zone).astimezone(UTC))
    id_ = records.value(
        """INSERT INTO publication (kind, organisation_id, state, source, provenance, changed_at)
           VALUES (%s, %s, 'published', %s, %s, %s) RETURNING id""",
        (one.kind, offices[one.organisation], *whence, when),
    )
    title, due = pieces_of(f"{says.title} {says.number}"), last_day(says.made_on, limit_of(one.kind), calendar)
    records.execute(
        """INSERT INTO publication_version (publication_id, version, state, title, body, document_number, made_on,
               items, theme, due_on, written_by, written_at, reviewed_by, reviewed_at, fit, ground, published_by,
               published_at, title_pieces, pieces)
           VALUES (%s, 1, 'published', %s, %s, %s, %s, %s, %s, %s, '{}', %s, %s, %s, true, %s, %s, %s, %s, %s)""",
        (
            id_, says.title, says.body, says.number, says.made_on, list(says.items), says.theme, due, when,
            SYSTEM.account, when, whence[0], SYSTEM.account, when, title, sorted({*title, *pieces_of(says.body)}),
        ),
    )  # fmt: skip
    return int(id_)
