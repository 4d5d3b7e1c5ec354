"""Kinds of the room channels: notices, and the ways by which they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhihai.ground.kind import Kind

Way = Literal["email", "sms", "webhook", "post", "person"]
"""How somebody is told (送达方式): by e-mail, by short message, at an address of their own system, by letter, or by
somebody who calls or comes. Words: ``channels.way.<way>``."""

WAYS: tuple[Way, ...] = ("email", "sms", "webhook", "post", "person")
ELECTRONIC: tuple[Way, ...] = ("email", "sms", "webhook")
"""Ways that a worker sends by; the others are gone by an official."""

How = Literal["letter", "call", "visit"]
"""How an official told somebody. Words: ``channels.how.<how>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind(Kind):
    """A sentence told to somebody (通知). Words: ``notice.<id>.subject`` and ``notice.<id>.text``.

    ``duty`` says that it must be told: the law asks for it (受理、补正、决定、送达), or the safety of an account does.
    Nobody can stop it, and where it could not be told by wire somebody is told by hand. ``wakes`` says that it is sent
    in the quiet hours too (免打扰时段); ``office`` that only those on duty are ever told. A kind may have a name
    for lists, ``notice.<id>.name``; else its subject is its name.
    """

    urgency: Literal["calm", "near", "late"] = "calm"
    duty: bool = False
    wakes: bool = False
    office: bool = False
