"""Attachments (附件): told by their content, sealed, and only their owner's; sent along with the form."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from zhihai.ground.actors import Actor
from zhihai.ground.forms.fields import MEBIBYTE, FileType
from zhihai.ground.forms.values import KEY
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.forms.receiving import REACHED
from zhihai.kernel.identity import reads as identity

KEY_BYTES = 16
MOST_OF_DRAFT = 100 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file in a list: ``asked`` is the field it answers, ``size`` in bytes, ``digest`` its SHA-256."""

    key: str
    asked: str
    name: str = field(repr=False)
    sort: FileType
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file with what is in it."""

    line: FileLine
    content: bytes = field(repr=False)


def place_of_file(key: str, part: str) -> str:
    """Return what a part of a file, its name or its content, is bound to."""
    return f"form_file:{key}:{part}"


_LINE = "key, field, name, sort, size, digest"
_OF_FILE = "f.key, f.field, f.name, f.sort, f.size, f.digest"


def _line(row: records.Row) -> FileLine:
    name = identity.open_secret(row[2], place_of_file(row[0], "name"))
    return FileLine(row[0], row[1], name, cast("FileType", row[3]), row[4], bytes(row[5]))


def files_told(found: str | list[Any] | None) -> tuple[FileLine, ...]:
    """Return files as a question brings them with what they belong to: lists of :data:`_LINE`, digests in hex."""
    listed = records.json_list(found) if found else []
    return tuple(_line((*row[:5], bytes.fromhex(row[5]))) for row in listed)


def keep_file(
    actor: Actor, draft: int, field_: str, name: str, sort: FileType, content: bytes, at: datetime
) -> FileLine:
    """Write a file; asked where the wall is said."""
    key = secrets.token_urlsafe(KEY_BYTES)
    sealed = identity.seal_file(content, place_of_file(key, "content"))
    digest = hashlib.sha256(content).digest()
    records.execute(
        """INSERT INTO form_file (key, account_id, draft_id, field, name, sort, size, digest, sealed_with, content, at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            key, actor.account, draft, field_, identity.seal_secret(name, place_of_file(key, "name")), sort,
            len(content), digest, sealed.key, sealed.text, at,
        ),
    )  # fmt: skip
    return FileLine(key, field_, name, sort, len(content), digest)


def file_content(actor: Actor, key: str) -> FileContent:
    """Return a file of one's own draft. Raises ``NotFound`` for none, alike for somebody else's and for one sent."""
    with identity.seeing(identity.of_own(actor)):
        row = records.one(
            f"""SELECT {_OF_FILE}, f.sealed_with, f.content FROM form_file f JOIN form_draft d ON d.id = f.draft_id
                WHERE f.key = %s AND {REACHED}""",
            (key, actor.account, actor.account),
        ) if KEY.fullmatch(key) else None  # fmt: skip
    return _opened(row)


def file_told(submission: int, key: str) -> FileContent:
    """Return a file of what was sent, for a room above that has asked whether its reader may see it.

    Raises ``NotFound`` for none of that submission.
    """
    with identity.seeing(identity.PLATFORM):
        row = records.one(
            f"SELECT {_LINE}, sealed_with, content FROM form_file WHERE key = %s AND submission_id = %s",
            (key, submission),
        ) if KEY.fullmatch(key) else None  # fmt: skip
    return _opened(row)


def _opened(row: records.Row | None) -> FileContent:
    if row is None:
        raise NotFound("no_file")
    line = _line(row)
    sealed = identity.Sealed(row[6], bytes(row[7]))
    return FileContent(line, identity.open_file(sealed, place_of_file(line.key, "content")))
