"""Files of publications (附件): told by their content like those of forms, but for everybody to read."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from zhihai.ground.actors import Actor
from zhihai.ground.forms.fields import MEBIBYTE, FileType
from zhihai.ground.forms.files import file_name, suited, type_of
from zhihai.ground.powers import WRITE_DISCLOSURE
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.disclosure.kinds import MOST_FILES
from zhihai.kernel.disclosure.publishing import NOUN, TOUCHED, drop_loose_files, hold
from zhihai.kernel.journal import acts as journal

KEY_BYTES, LARGEST = 16, 20 * MEBIBYTE
TYPES: tuple[FileType, ...] = ("pdf", "ofd", "docx", "xlsx", "jpeg", "png")


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a publication: ``size`` in bytes."""

    key: str
    name: str
    sort: FileType
    size: int


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file with what is in it."""

    line: FileLine
    content: bytes = field(repr=False)


def attach_to_version(actor: Actor, publication: int, name: str, content: bytes, *, at: datetime) -> FileLine:
    """Attach a file to the draft of a publication; what was reviewed has to be reviewed again.

    Raises ``NotPermitted`` without the power ``disclosure.write`` over whose it is, ``NotFound``, ``Conflict`` where no
    draft waits, ``Refused`` for too many or too large a file, and for what :func:`~zhihai.ground.forms.files.type_of`
    refuses.
    """
    plain = file_name(name)
    with records.atomic():
        held = hold(publication, draft=True)
        actor.need(WRITE_DISCLOSURE, held.lo, None)
        if len(content) > LARGEST:
            raise Refused("publication_file_size", "file", most=LARGEST // MEBIBYTE)
        count = records.value("SELECT count(*) FROM publication_version_file WHERE version_id = %s", (held.draft,))
        if count >= MOST_FILES:
            raise Refused("publication_files", "file", most=MOST_FILES)
        sort = type_of(content, plain, TYPES)
        line = FileLine(secrets.token_urlsafe(KEY_BYTES), suited(plain, sort), sort, len(content))
        records.execute(
            "INSERT INTO publication_file VALUES (%s, %s, %s, %s, %s, %s)",
            (line.key, line.name, sort, line.size, hashlib.sha256(content).digest(), content),
        )
        records.execute(
            """INSERT INTO publication_version_file SELECT %s, %s, coalesce(max(place), 0) + 1
               FROM publication_version_file WHERE version_id = %s""",
            (held.draft, line.key, held.draft),
        )
        _touch(actor, held.draft, at)
        data = {"name": line.name, "size": line.size}
        journal.record(actor, "disclosure.attach_to_version", NOUN, publication, data, at=at)
    return line


def detach_from_version(actor: Actor, publication: int, key: str, *, at: datetime) -> None:
    """Take a file off the draft of a publication; former versions keep it.

    Raises ``NotPermitted`` without the power ``disclosure.write`` over whose it is, ``NotFound``, ``Conflict`` where no
    draft waits and for a file that it does not carry.
    """
    with records.atomic():
        held = hold(publication, draft=True)
        actor.need(WRITE_DISCLOSURE, held.lo, None)
        taken = records.execute(
            "DELETE FROM publication_version_file WHERE version_id = %s AND file = %s", (held.draft, key)
        )
        if not taken:
            raise Conflict("no_file", "file")
        drop_loose_files()
        _touch(actor, held.draft, at)
        journal.record(actor, "disclosure.detach_from_version", NOUN, publication, {"key": key}, at=at)


def _touch(actor: Actor, draft: int | None, at: datetime) -> None:
    records.execute(
        f"""UPDATE publication_version SET {TOUCHED}, written_at = %s,
               written_by = ARRAY(SELECT DISTINCT unnest(written_by || %s::bigint)) WHERE id = %s""",
        (at, actor.account, draft),
    )


def files_of(version: int) -> tuple[FileLine, ...]:
    """Return the files of a version, in their order."""
    found = records.rows(
        """SELECT f.key, f.name, f.sort, f.size
           FROM publication_version_file v JOIN publication_file f ON f.key = v.file
           WHERE v.version_id = %s ORDER BY v.place""",
        (version,),
    )
    return tuple(FileLine(row[0], row[1], cast("FileType", row[2]), row[3]) for row in found)


def file_of(publication: int, key: str, *, drafts: bool = False) -> FileContent:
    """Return a file of what is public, or with ``drafts`` of a draft too, for a caller that has asked who may.

    Raises ``NotFound`` for none, and for those of a publication that was taken down.
    """
    row = records.one(
        """SELECT f.key, f.name, f.sort, f.size, f.content FROM publication_file f WHERE f.key = %s AND EXISTS (
               SELECT FROM publication_version_file l JOIN publication_version v ON v.id = l.version_id
               JOIN publication p ON p.id = v.publication_id WHERE l.file = f.key AND p.id = %s
               AND (%s OR (v.state <> 'draft' AND v.taken_down_at IS NULL)))""",
        (key, publication, drafts),
    )
    if row is None:
        raise NotFound("no_file")
    return FileContent(FileLine(row[0], row[1], cast("FileType", row[2]), row[3]), bytes(row[4]))
