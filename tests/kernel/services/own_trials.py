"""What acts on one's own matters are tried on: by the resident whose they are, looking by the window they lie at."""

from __future__ import annotations

from collections.abc import Callable

from tests.kernel.acting import AT, MACHINE, Try, account, office
from tests.kernel.forms.applying import GENERAL, WHOLE
from tests.kernel.identity.peopled import registered, resident_of, somebody

from zhihai.ground.actors import Actor
from zhihai.kernel import records as store
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts


def public_item() -> str:
    """Return the code of a public item that anybody may apply for, which the environment department keeps."""
    code = str(store.value("SELECT code FROM service_item WHERE state = 'published' ORDER BY id LIMIT 1"))
    store.execute(
        "UPDATE service_item SET who = 'both', organisation_id = %s WHERE code = %s",
        (office("990101-environment"), code),
    )
    return code


def sending(actor: Actor, key: str, answers: dict[str, object] = WHOLE) -> acts.Sending:
    """Fill a draft in, and return it as its page sends it."""
    revision = forms.save_draft(actor, key, form_reads.read_draft(actor, key, at=AT).revision, answers, at=AT)
    return acts.Sending(key, revision, form_reads.form_in_force(GENERAL, at=AT).code, "zh")


def _resident() -> Actor:
    (person,) = registered(somebody(1, "曾示例1"))
    mine = resident_of(person, "曾示例1", 1)
    store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (mine.account,))
    return mine


def _written(act: Callable[[Actor, acts.Sending], object]) -> Callable[[], Try]:
    def made() -> Try:
        mine = _resident()
        sent = sending(mine, acts.begin_application(mine, public_item(), at=AT, at_machine=MACHINE))
        return lambda by: act(by, sent)

    return made


def _applied(act: Callable[[Actor, str], object]) -> Callable[[], Try]:
    """An act on a matter of the resident, to which something is missing."""

    def made() -> Try:
        mine = _resident()
        sent = sending(mine, acts.begin_application(mine, public_item(), at=AT, at_machine=MACHINE))
        number = acts.apply(mine, sent, at=AT, at_machine=MACHINE).number
        window = who.actor_of(account("window"), at=AT)
        case = case_reads.case_view(window, number, AT)
        cases.take_step(window, case.id, case.tasks[0].id, "incomplete", at=AT, note="请补交")
        return lambda by: act(by, number)

    return made


def _supplement() -> Try:
    made: list[acts.Sending] = []

    def start(by: Actor, number: str) -> object:
        made.append(sending(by, acts.start_supplement(by, number, at=AT, at_machine=MACHINE)))
        return None

    _applied(start)()(who.actor_of(account("resident"), at=AT))
    return lambda by: acts.supplement(by, made[0], at=AT, at_machine=MACHINE)


def _begin() -> Try:
    _resident()
    item = public_item()
    return lambda by: acts.begin_application(by, item, at=AT, at_machine=MACHINE)


def _taking() -> Try:
    (person,) = registered(somebody(1, "曾示例1"))
    item, window = public_item(), who.actor_of(account("window"), at=AT)
    one = forms.receive(window, person, "居民身份证原件", at=AT, at_machine=MACHINE)
    return lambda by: acts.begin_taking(by, one, item, at=AT, at_machine=MACHINE)


OWN: dict[str, tuple[str, Callable[[], Try]]] = {
    "services.begin_application": ("resident", _begin),
    "services.begin_taking": ("window", _taking),
    "services.apply": ("resident", _written(lambda by, sent: acts.apply(by, sent, at=AT, at_machine=MACHINE))),
    "services.send": ("resident", _written(lambda by, sent: acts.send(by, sent, at=AT, at_machine=MACHINE))),
    "services.start_supplement": (
        "resident", _applied(lambda by, number: acts.start_supplement(by, number, at=AT, at_machine=MACHINE))
    ),
    "services.supplement": ("resident", _supplement),
    "services.withdraw_application": (
        "resident", _applied(lambda by, number: acts.withdraw_application(by, number, at=AT))
    ),
    "services.rate": ("resident", _applied(lambda by, number: acts.rate(by, number, 5, (), "", at=AT))),
    "services.look_into": ("window", _applied(lambda by, number: acts.look_into(by, number, at=AT))),
}  # fmt: skip
