"""Files of anchors: their lines, in the order of one chain across files, and the keys they are signed with."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

FILE = "anchors.jsonl"
"""The file that grows; full ones stand beside it as ``anchors-000001.jsonl`` and so on."""
FULL = re.compile(r"anchors-(\d{6,})\.jsonl")
PUBLIC = "anchor.pub"
"""The public keys in PEM, the first first: each later one was introduced by a line signed with the one before."""
FIRST = "0" * 64
"""What stands for the line before in the first one."""
LINE_LIMIT = 4096
"""No line is longer, in bytes."""
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line: seal ``seal`` had the hash ``head`` (hex) at ``at`` (machine time, RFC 3339, UTC).

    ``prev`` is the SHA-256 (hex) of the line before, in whichever file that stands, 64 zeros in the first; ``sign`` the
    Ed25519 signature (RFC 8032) of :meth:`said`, in base64. A line with a ``key`` (32 bytes, base64) says that what
    follows is signed with that one; the new key has signed the same bytes in ``by``.
    """

    district: str
    seal: int
    head: str
    at: str
    prev: str
    sign: str
    key: str = ""
    by: str = ""

    def said(self) -> bytes:
        """Return what is signed: the other values up to ``prev``, one a line, and ``key`` where there is one."""
        lines = [self.district, str(self.seal), self.head, self.at, self.prev, *([self.key] if self.key else [])]
        return "\n".join(lines).encode()

    def line(self) -> bytes:
        """Return the line as it is written, without its end."""
        names = ("district", "seal", "head", "at", "prev", "sign", *(("key", "by") if self.key else ()))
        return msgspec.json.encode({name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """A line as it was found: its number from 1, its SHA-256 (hex), and what it says, ``None`` if unreadable."""

    number: int
    digest: str
    anchor: Anchor | None


def full_files(folder: Path) -> list[Path]:
    """Return the full files of a folder, the oldest first."""
    return sorted(path for path in folder.glob("anchors-*.jsonl") if FULL.fullmatch(path.name))


def read_anchors(place: Path) -> list[AnchorLine]:
    """Read the anchors of a folder, or of one copied file; an unfinished last line was never acknowledged."""
    files = [*full_files(place), place / FILE] if place.is_dir() else [place]
    lines = [line for file in files if file.is_file() for line in file.read_bytes().split(b"\n")[:-1]]
    return [_line(number, line) for number, line in enumerate(lines, start=1)]


def last_anchor(folder: Path) -> AnchorLine | None:
    """Return the last whole line of a folder's anchors without reading the others (its ``number`` is 0)."""
    for path in (folder / FILE, *reversed(full_files(folder))):
        if path.is_file():
            with path.open("rb") as file:
                file.seek(-min(2 * LINE_LIMIT, path.stat().st_size), os.SEEK_END)
                lines = file.read().split(b"\n")[:-1]
            if lines:
                return _line(0, lines[-1])
    return None


def _line(number: int, line: bytes) -> AnchorLine:
    try:
        anchor = msgspec.json.decode(line, type=Anchor)
    except msgspec.MsgspecError:
        anchor = None
    return AnchorLine(number, sha256(line).hexdigest(), anchor)


def beside(anchors: Path) -> Path:
    """Return where the public keys of a folder of anchors, or of a copied file, are looked for."""
    return (anchors if anchors.is_dir() else anchors.parent) / PUBLIC


def public_keys(path: Path) -> tuple[Ed25519PublicKey, ...]:
    """Return the public keys of a PEM file in their order; none when there is none that can be read."""
    try:
        found = [load_pem_public_key(block) for block in _PEM.findall(path.read_bytes())]
    except (OSError, ValueError):
        return ()
    return tuple(key for key in found if isinstance(key, Ed25519PublicKey))


def pem(key: Ed25519PublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def raw(key: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def introduced(anchor: Anchor) -> Ed25519PublicKey | None:
    """Return the key that a line introduces if that key has signed it too, else ``None``."""
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(anchor.key, validate=True))
    except (NotBase64, ValueError):
        return None
    return key if _signed(anchor.by, anchor, key) else None


def signed_by(anchor: Anchor, key: Ed25519PublicKey) -> bool:
    """Say whether the signature of an anchor is that of ``key``."""
    return _signed(anchor.sign, anchor, key)


def _signed(sign: str, anchor: Anchor, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(b64decode(sign, validate=True), anchor.said())
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True
