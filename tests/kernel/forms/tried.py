"""Acts of forms as a resident does them on their own, for the tests that nobody else can."""

from __future__ import annotations

from collections.abc import Callable

from tests.kernel.acting import AT, Try
from tests.kernel.forms import applying, requests_tried
from tests.kernel.forms.defining import definition

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel import records as store
from zhihai.kernel.forms import acts as form_acts


def _drafted(act: Callable[[Actor, str], object]) -> Callable[[], Try]:
    """An act on a draft of a resident's."""

    def made() -> Try:
        key = applying.written(applying.newcomer())
        return lambda by: act(by, key)

    return made


def _attached() -> Try:
    mine = applying.newcomer()
    key = applying.written(mine)
    line, revision = form_acts.attach(mine, key, 2, "files", "a.png", applying.a_png(), at=AT)
    return lambda by: form_acts.detach(by, key, revision, line.key, at=AT)


def _disputed() -> Try:
    mine = applying.known_resident()
    store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (mine.account,))
    key = applying.begun(mine)
    return lambda by: form_acts.dispute(by, key, 1, "address", "示例路 2 号", "去年搬家", "GZ-1", at=AT)


def _begun() -> Try:
    applying.newcomer()
    return applying.begun


def _proposed(act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """A decision on a form that was uploaded."""

    def made() -> Try:
        proposal = form_acts.propose_form(SYSTEM, definition(), at=AT)
        return lambda by: act(by, proposal)

    return made


ASKED: dict[str, Callable[[], Try]] = {
    "forms.propose_form": lambda: lambda by: form_acts.propose_form(by, definition(), at=AT),
    "forms.publish_form": _proposed(lambda by, id_: form_acts.publish_form(by, id_, at=AT)),
    "forms.refuse_form": _proposed(lambda by, id_: form_acts.refuse_form(by, id_, at=AT)),
}
OWN: dict[str, tuple[str, Callable[[], Try]]] = {
    **requests_tried.OWN,
    "forms.start_draft": ("resident", _begun),
    "forms.save_draft": ("resident", _drafted(lambda by, key: form_acts.save_draft(by, key, 2, {}, at=AT))),
    "forms.discard_draft": ("resident", _drafted(lambda by, key: form_acts.discard_draft(by, key, at=AT))),
    "forms.attach": (
        "resident",
        _drafted(lambda by, key: form_acts.attach(by, key, 2, "files", "a", applying.a_png(), at=AT)),
    ),
    "forms.detach": ("resident", _attached),
    "forms.dispute": ("resident", _disputed),
    "forms.submit": ("resident", _drafted(applying.send)),
}
