"""Who may go where among the pages that serve those who do not come by the web: what the walk holds them to."""

from __future__ import annotations

from zhihai.ground.powers import SET_WINDOWS
from zhihai.kernel.identity import kinds as powers

WINDOW = ("desk-serving", "desk-serving-person", "desk-reception")
WINDOW_POSTED = (
    "desk-serving-find", "desk-serving-help", "desk-receive",
)  # fmt: skip
HOTLINE_POSTED = ("desk-hotline-find", "desk-hotline-record")
CARDS = ("desk-card", "desk-card-at", "desk-card-ask", "desk-card-read")
READERS = ("desk-readers", "desk-reader-keep")
ASKED_POSTED = ("my-acting-ask-send", "my-acting-ask-withdraw")
PAGES = {
    **dict.fromkeys(("my-acting-ask", *ASKED_POSTED), "for residents"),
    "desk-tie-requests": powers.SET_PEOPLE,
    **dict.fromkeys(CARDS, powers.SEE_PEOPLE),
    **dict.fromkeys(READERS, SET_WINDOWS),
    **dict.fromkeys((*WINDOW, *WINDOW_POSTED), powers.TAKE_MATTERS),
    **dict.fromkeys(("desk-hotline", *HOTLINE_POSTED), powers.ANSWER_CALLS),
}
POSTED = (*ASKED_POSTED, *WINDOW_POSTED, *HOTLINE_POSTED, *CARDS[1:], READERS[1])
REQUESTS = ("desk-tie-request", "desk-tie-request-scan", "desk-tie-request-decide", "my-acting-ask-scan")
PAPERS = ("desk-tie-paper", "desk-tie-paper-keep", "desk-tie-paper-file")
OF_ONE_SERVED = (
    *PAPERS, *REQUESTS, "desk-receipt", "desk-reception-begin", "desk-reception-end", "desk-reception-supplement",
    "desk-reception-withdraw", "apply-sign",
)  # fmt: skip
"""Of whom an official is serving, and of a tie: tests/faces/desk/test_serving.py and test_helping.py.
Of a request: tests/faces/hall/test_asking_to_act.py."""
