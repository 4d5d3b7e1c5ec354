"""Identity numbers as the store keeps them: encrypted, and found by a keyed digest (证件号码加密存储).

Keys come from the platform's secret by HKDF, one for each use, so that none can stand for another. Each secret has a
name that tells nothing of it; a row keeps the name of the one it was made with. Former secrets
(``SECRET_KEY_FALLBACKS``) still open and still find; what is written is made with the present one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from zhihai.ground.refusal import Refused

NONCE_BYTES = 12
USE = "zhihai identity 1 "
"""What the keys are for stands in their making; a change of the form takes another number."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one secret: ``name`` may be seen by anybody."""

    name: str
    box: AESGCM = field(repr=False)
    index: bytes = field(repr=False)
    journal: bytes = field(repr=False)
    secrets: AESGCM = field(repr=False)
    subjects: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A number as it is kept: the name of its key and the encrypted text."""

    key: str
    text: bytes


@cache
def _keys(secret: str) -> Keys:
    def derived(use: str, length: int = 32) -> bytes:
        info = f"{USE}{use}".encode()
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret.encode())

    return Keys(
        derived("name", 4).hex(), AESGCM(derived("seal")), derived("index"), derived("journal"),
        AESGCM(derived("secrets")), derived("subjects"),
    )  # fmt: skip


def present_keys() -> Keys:
    """Return the keys that writing uses."""
    return _keys(settings.SECRET_KEY)


def known_keys() -> tuple[Keys, ...]:
    """Return all keys that still open and find, the present ones first."""
    return tuple(map(_keys, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)))


def former_keys() -> list[str]:
    """Return the names of the keys that still open and no longer seal."""
    return [keys.name for keys in known_keys()[1:]]


def seal(person: int, number: str) -> Sealed:
    """Encrypt a number for the row of this person (AES-256-GCM, NIST SP 800-38D); elsewhere it does not open."""
    keys, nonce = present_keys(), os.urandom(NONCE_BYTES)
    return Sealed(keys.name, nonce + keys.box.encrypt(nonce, number.encode(), _place(person)))


def unseal(person: int, sealed: Sealed) -> str:
    """Return the number. Raises ``Refused`` for a key nobody has any more, and for a text that was tampered with."""
    return _opened(sealed, lambda keys: keys.box, _place(person)).decode()


def _opened(sealed: Sealed, box: Callable[[Keys], AESGCM], place: bytes) -> bytes:
    keys = next((one for one in known_keys() if one.name == sealed.key), None)
    if keys is None:
        raise Refused("number_key", status=503, key=sealed.key)
    try:
        return box(keys).decrypt(sealed.text[:NONCE_BYTES], sealed.text[NONCE_BYTES:], place)
    except InvalidTag:
        raise Refused("number_altered", status=503, key=sealed.key) from None


def _place(person: int) -> bytes:
    return f"person:{person}:number".encode()


def seal_secret(text: str, place: str = "secret") -> str:
    """Encrypt a secret of the platform's own, as text that begins with the name of the key.

    ``place`` is what it is and where it stands; elsewhere it does not open.
    """
    sealed = seal_file(text.encode(), place)
    return f"{sealed.key}:{b64encode(sealed.text).decode()}"


def open_secret(sealed: str, place: str = "secret") -> str:
    """Return what :func:`seal_secret` sealed. Raises ``Refused`` as :func:`unseal` does."""
    name, _, text = sealed.partition(":")
    return open_file(Sealed(name, b64decode(text)), place).decode()


def seal_file(content: bytes, place: str) -> Sealed:
    """Encrypt a file that people sent. ``place`` is where it is kept; elsewhere it does not open."""
    keys, nonce = present_keys(), os.urandom(NONCE_BYTES)
    return Sealed(keys.name, nonce + keys.secrets.encrypt(nonce, content, place.encode()))


def open_file(sealed: Sealed, place: str) -> bytes:
    """Return what :func:`seal_file` sealed. Raises ``Refused`` as :func:`unseal` does."""
    return _opened(sealed, lambda keys: keys.secrets, place.encode())


def index_of(keys: Keys, sort: str, number: str) -> bytes:
    """Return what a number is found by: HMAC-SHA-256 of its sort and itself, useless without the key.

    The sort is in it: one citizen's number in 31 passes as a social credit code.
    """
    return _digest(keys.index, f"{sort}:{number}")


def keyed_digest(text: str) -> str:
    """Return what is kept of personal data in the journal, and of codes: a key's name and a digest made with it."""
    keys = present_keys()
    return f"{keys.name}:{_digest(keys.journal, text).hex()}"


def subject_digest(sector: str, account: int) -> str:
    """Return by which name a sector of clients knows an account: two sectors can not tell that it is one (假名标识)."""
    return urlsafe_b64encode(_digest(present_keys().subjects, f"{sector} {account}")).rstrip(b"=").decode()


def _digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
