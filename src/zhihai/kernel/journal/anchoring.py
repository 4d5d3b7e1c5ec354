"""Anchors: the head of the chain of seals, signed and kept outside the database (外部锚定).

A seal's hash holds no secret: whoever owns the database could rewrite an entry and every seal after it. An anchor says
what the head was, so a rewritten chain no longer fits. It is worth as much as the place its file is copied to.
"""

from __future__ import annotations

import fcntl
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from zhihai.ground.refusal import Refused
from zhihai.kernel import records
from zhihai.kernel.journal.anchor_files import (
    FILE,
    FIRST,
    FULL,
    PUBLIC,
    Anchor,
    AnchorLine,
    full_files,
    last_anchor,
    pem,
    public_keys,
    raw,
)

KEY = "anchor.key"
NEXT_KEY = "anchor.key.next"
FULL_BYTES = 2**20
"""A file of anchors that has grown so large is full: with an anchor every hour after about four months."""

_HEAD = "SELECT s.no, s.h, (SELECT code FROM district) FROM journal_seal s ORDER BY s.no DESC LIMIT 1"


def write_anchor(
    folder: Path, *, at_machine: datetime, key: Path | None = None, full: int = FULL_BYTES
) -> Anchor | None:
    """Append the present head to ``<folder>/anchors.jsonl``; ``None`` when it stands there already or none is sealed.

    A file that has ``full`` bytes is put aside first as ``anchors-000001.jsonl`` and so on; the chain goes on in the
    new one. ``key`` is a PEM file with an Ed25519 private key, by default ``<folder>/anchor.key``, made with mode 600
    if it is missing; the public half goes into ``<folder>/anchor.pub``. Raises :class:`Refused` ``anchor_key`` for a
    key that others can read or that is none, ``anchor_key_other`` when the folder belongs to another key,
    ``anchor_folder`` when it can not be written.
    """
    head = records.one(_HEAD)
    if head is None:
        return None
    with _alone(folder):
        _finish_change(folder)
        secret = _secret(key or folder / KEY)
        _publish(folder / PUBLIC, secret)
        last = _last_whole(folder)
        if last is not None and last.anchor is not None and last.anchor.seal == head[0]:
            return None
        anchor = _sign(head, at_machine, last, secret)
        _put_aside(folder, full)
        _append(folder / FILE, anchor.line())
    return anchor


def change_key(folder: Path, *, at_machine: datetime) -> Anchor:
    """Change the key of a folder of anchors (更换密钥): one line, signed with the old key and with the new one.

    From then on anchors are signed with the new key; its public half is added to ``anchor.pub``. The old private key is
    left as ``anchor.key.old``, to be destroyed. Raises :class:`Refused` ``anchor_none`` where nothing was anchored yet,
    and as :func:`write_anchor` does. What a crash interrupts is finished at the next anchor.
    """
    head = records.one(_HEAD)
    with _alone(folder):
        _finish_change(folder)
        last = _last_whole(folder)
        if head is None or last is None:
            raise Refused("anchor_none", "key")
        old = _secret(folder / KEY)
        _publish(folder / PUBLIC, old)
        (folder / NEXT_KEY).unlink(missing_ok=True)
        new = _secret(folder / NEXT_KEY)
        blank = replace(_sign(head, at_machine, last, old), key=b64encode(raw(new.public_key())).decode())
        sign, by = (b64encode(secret.sign(blank.said())).decode() for secret in (old, new))
        change = replace(blank, sign=sign, by=by)
        _append(folder / FILE, change.line())
        _finish_change(folder)
    return change


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the one who writes anchors there; says what is wrong with the folder."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
            os.fsync(held)  # names of files last too
        finally:
            os.close(held)
    except OSError as fault:
        raise Refused("anchor_folder", "anchors", folder=str(folder), reason=fault.strerror or "") from None


def _finish_change(folder: Path) -> None:
    """Put a new key in its place once the line that introduces it is written; a key that no line names is not used."""
    waiting = folder / NEXT_KEY
    last = _last_whole(folder) if waiting.is_file() else None
    if last is None or last.anchor is None or not last.anchor.key:
        return
    new = _secret(waiting).public_key()
    if b64encode(raw(new)).decode() == last.anchor.key:
        if raw(new) not in map(raw, public_keys(folder / PUBLIC)):
            _append(folder / PUBLIC, pem(new).rstrip())
        (folder / KEY).replace(folder / f"{KEY}.old")
        waiting.replace(folder / KEY)


def _last_whole(folder: Path) -> AnchorLine | None:
    _take_off_torn_line(folder / FILE)
    return last_anchor(folder)


def _put_aside(folder: Path, full: int) -> None:
    file = folder / FILE
    if file.is_file() and file.stat().st_size >= full:
        numbers = [int(found[1]) for path in full_files(folder) if (found := FULL.fullmatch(path.name))]
        file.rename(folder / f"anchors-{max(numbers, default=0) + 1:06d}.jsonl")


def _append(path: Path, line: bytes) -> None:
    with path.open("ab") as file:
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _sign(head: records.Row, at_machine: datetime, last: AnchorLine | None, secret: Ed25519PrivateKey) -> Anchor:
    no, h, district = head
    at = at_machine.astimezone(UTC).isoformat()
    blank = Anchor(district or "", no, bytes(h).hex(), at, FIRST if last is None else last.digest, "")
    return replace(blank, sign=b64encode(secret.sign(blank.said())).decode())


def _secret(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return made
    if path.stat().st_mode & 0o077:
        raise Refused("anchor_key", "key", path=str(path))
    try:
        secret = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        secret = None
    if not isinstance(secret, Ed25519PrivateKey):
        raise Refused("anchor_key", "key", path=str(path))
    return secret


def _publish(path: Path, secret: Ed25519PrivateKey) -> None:
    """Lay the public half beside the anchors; the folder goes by the last of its keys."""
    if not path.exists():
        path.write_bytes(pem(secret.public_key()))
        return
    keys = public_keys(path)
    if not keys or raw(keys[-1]) != raw(secret.public_key()):
        raise Refused("anchor_key_other", "key", path=str(path))


def _take_off_torn_line(path: Path) -> None:
    """A line without its end was cut off by a crash before it was acknowledged."""
    if path.is_file():
        text = path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole != len(text):
            os.truncate(path, whole)
