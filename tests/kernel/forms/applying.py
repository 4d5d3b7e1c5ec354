"""What the tests of forms share: a resident with a general application, whole or in part, and small files."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from tests.kernel.acting import AT, MACHINE
from tests.kernel.identity.peopled import number, registered, resident_of, somebody

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.forms import acts, reads
from zhihai.kernel.identity import acts as identity

GENERAL = "general_application.application"
WHOLE: dict[str, Any] = {
    "purpose": "更换路牌", "facts": "示例路口的路牌被撞坏，已经两个月没有更换。", "wish": "换上新的路牌。",
    "capacity": "person", "person_name": "曾示例1", "person_number": number(7), "reach": "phone",
    "phone": "13800000000", "truthful": True,
}  # fmt: skip


def newcomer(name: str = "resident") -> Actor:
    """A resident of whom nobody knows more than that an account was made."""
    made = identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
    store.execute("UPDATE account SET username = %s WHERE id = %s", (name, made))
    return Actor(account=made, name="居民", sort="resident")


def known_resident() -> Actor:
    """A resident who was shown in person, with an address."""
    (person,) = registered(somebody(1, "曾示例1", facts={"address": "示例路 1 号", "phone": "13800000001"}))
    return resident_of(person, "曾示例1", 1)


def begun(actor: Actor, **more: Any) -> str:
    return acts.start_draft(actor, GENERAL, "item:1", "路牌更换", at=AT, at_machine=MACHINE, **more)


def written(actor: Actor, answers: dict[str, Any] = WHOLE) -> str:
    key = begun(actor)
    acts.save_draft(actor, key, 1, answers, at=AT)
    return key


def send(actor: Actor, key: str, revision: int = 2, **more: Any) -> acts.Submitted:
    code = more.pop("code", None) or reads.form_in_force(GENERAL, at=AT).code
    return acts.submit(actor, key, revision, code, at=AT, at_machine=MACHINE, language="zh", **more)


def a_pdf() -> bytes:
    made = PdfWriter()
    made.add_blank_page(72, 72)
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


def a_png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "PNG")
    return out.getvalue()
