"""Anchors: the head of the chain of seals, signed and kept outside the database (外部锚定).

A seal's hash holds no secret: whoever owns the database could rewrite an entry and every seal after it. An anchor says
what the head was, so a rewritten chain no longer fits. It is worth as much as the place its file is copied to.
"""

from __future__ import annotations

import fcntl
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from zhihai.ground.refusal import Refused
from zhihai.kernel import records

FILE = "anchors.jsonl"
KEY = "anchor.key"
PUBLIC = "anchor.pub"
FIRST = "0" * 64
"""What stands for the line before in the first one."""
LINE_LIMIT = 4096
"""No line is longer, in bytes."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of the file: seal ``seal`` had the hash ``head`` (hex) at ``at`` (machine time, RFC 3339, UTC).

    ``prev`` is the SHA-256 (hex) of the line before, 64 zeros in the first; ``sign`` the Ed25519 signature (RFC 8032)
    of :meth:`said`, in base64.
    """

    district: str
    seal: int
    head: str
    at: str
    prev: str
    sign: str

    def said(self) -> bytes:
        """Return what is signed: the five other values, one a line."""
        return f"{self.district}\n{self.seal}\n{self.head}\n{self.at}\n{self.prev}".encode()


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """A line as it was found: its number from 1, its SHA-256 (hex), and what it says, ``None`` if unreadable."""

    number: int
    digest: str
    anchor: Anchor | None


def write_anchor(folder: Path, *, at_machine: datetime, key: Path | None = None) -> Anchor | None:
    """Append the present head to ``<folder>/anchors.jsonl``; ``None`` when it stands there already or none is sealed.

    ``key`` is a PEM file with an Ed25519 private key, by default ``<folder>/anchor.key``, made with mode 600 if it is
    missing; the public half goes into ``<folder>/anchor.pub``. Another key means another folder. Raises
    :class:`Refused` ``anchor_key`` for a key that others can read or that is none, ``anchor_key_other`` when the folder
    belongs to another key, ``anchor_folder`` when it can not be written.
    """
    head = records.one("SELECT s.no, s.h, (SELECT code FROM district) FROM journal_seal s ORDER BY s.no DESC LIMIT 1")
    if head is None:
        return None
    path = key or folder / KEY
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = _secret(path)
        _publish(folder / PUBLIC, secret)
        with (folder / FILE).open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _take_off_torn_line(file.fileno(), folder / FILE)
            last = last_anchor(folder)
            if last is not None and last.anchor is not None and last.anchor.seal == head[0]:
                return None
            anchor = _sign(head, at_machine, FIRST if last is None else last.digest, secret)
            file.write(msgspec.json.encode(anchor) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise Refused("anchor_folder", "anchors", folder=str(folder), reason=fault.strerror or "") from None
    return anchor


def read_anchors(folder: Path) -> list[AnchorLine]:
    """Read the anchors of a folder, or of one copied file; an unfinished last line was never acknowledged."""
    path = folder / FILE if folder.is_dir() else folder
    if not path.is_file():
        return []
    return [_line(number, line) for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1)]


def last_anchor(folder: Path) -> AnchorLine | None:
    """Return the last whole line of a folder's anchors without reading the others (its ``number`` is 0)."""
    path = folder / FILE
    if not path.is_file():
        return None
    with path.open("rb") as file:
        file.seek(-min(2 * LINE_LIMIT, path.stat().st_size), os.SEEK_END)
        lines = file.read().split(b"\n")[:-1]
    return _line(0, lines[-1]) if lines else None


def _line(number: int, line: bytes) -> AnchorLine:
    try:
        anchor = msgspec.json.decode(line, type=Anchor)
    except msgspec.MsgspecError:
        anchor = None
    return AnchorLine(number, sha256(line).hexdigest(), anchor)


def beside(anchors: Path) -> Path:
    """Return where the public key of a folder of anchors, or of a copied file, is looked for."""
    return (anchors if anchors.is_dir() else anchors.parent) / PUBLIC


def public_key(path: Path) -> Ed25519PublicKey | None:
    """Return the public key of a PEM file, ``None`` when there is none that can be read."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def signed_by(anchor: Anchor, key: Ed25519PublicKey) -> bool:
    """Say whether the signature of an anchor is that of ``key``."""
    try:
        key.verify(b64decode(anchor.sign, validate=True), anchor.said())
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True


def _sign(head: records.Row, at_machine: datetime, prev: str, secret: Ed25519PrivateKey) -> Anchor:
    no, h, district = head
    at = at_machine.astimezone(UTC).isoformat()
    blank = Anchor(district or "", no, bytes(h).hex(), at, prev, "")
    return replace(blank, sign=b64encode(secret.sign(blank.said())).decode())


def _secret(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
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
    public = secret.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not path.exists():
        path.write_bytes(public)
    elif path.read_bytes() != public:
        raise Refused("anchor_key_other", "key", path=str(path))


def _take_off_torn_line(file: int, path: Path) -> None:
    """A line without its end was cut off by a crash before it was acknowledged."""
    text = path.read_bytes()
    whole = text.rfind(b"\n") + 1
    if whole != len(text):
        os.ftruncate(file, whole)
