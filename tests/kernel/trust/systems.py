"""What the tests of other systems share: one that is registered, and how."""

from __future__ import annotations

from tests.kernel.acting import DISTRICT, office
from tests.kernel.identity.peopled import AT, MACHINE

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel.trust import acts
from zhihai.kernel.trust.acts import ClientInput

BACK = "https://library.example/signed-in"


def given(**more: object) -> ClientInput:
    fields = {"name": Named("区图书馆", "District library"), "organisation": office(DISTRICT), "redirects": (BACK,)}
    return ClientInput(**{**fields, "scopes": ("openid", "profile"), **more})


def registered(**more: object) -> tuple[str, str]:
    return acts.register_client(SYSTEM, given(**more), at=AT, at_machine=MACHINE)
