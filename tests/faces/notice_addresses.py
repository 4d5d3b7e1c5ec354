"""Who may go where among the pages of notices: what the walk of every address holds them to, and what is staged."""

from __future__ import annotations

from tests.faces.staging import EAST, actor
from tests.kernel.identity.peopled import registered, somebody

from zhihai.faces.stopping import stop_address
from zhihai.ground.actors import SYSTEM
from zhihai.kernel.channels import acts, reads
from zhihai.kernel.identity import kinds as powers
from zhihai.kernel.journal import reads as clock

TOLD = ("desk-letters", "desk-letter", "desk-letter-open", "desk-letter-note")
NUMBER = ("telling-number", "telling-number-prove", "telling-number-drop")
CHOSEN = ("telling", "telling-choose", "telling-hook", *NUMBER)
POSTED = (
    "telling-choose", "telling-hook", *NUMBER, "desk-letter-open", "desk-letter-note", "desk-person-choose",
)  # fmt: skip
PAGES = {
    **dict.fromkeys(TOLD, powers.TELL_PEOPLE),
    "desk-person-told": powers.SEE_PEOPLE,
    "desk-person-choose": powers.SET_PEOPLE,
}


def staged_letter() -> int:
    """Tell somebody of the eastern street who has no account; return the number of what waits to be posted."""
    waiting = reads.waiting_by_hand(SYSTEM, "post")
    if not waiting:
        (one,) = registered(somebody(901, "曾示例丁", EAST, facts={"address": "东岸街 9 号"}))
        told = {"number": "LS-2014-000009"}
        acts.tell([acts.Telling([], "zhihai.matter_closed", told, "/my/", "staged", clock.now(), people=[one])])
        waiting = reads.waiting_by_hand(SYSTEM, "post")
    return waiting[0].id


def staged_stop() -> str:
    """Return what the link in a mail to the resident ends with."""
    whom = reads.Addressee(actor("resident").account, None)
    return stop_address(whom, "email", ["zhihai.rating_answered"]).rpartition("/")[2]


STAGED = {"delivery": staged_letter, "token": staged_stop}
