"""Who may go where among the pages that serve those who do not come by the web: what the walk holds them to."""

from __future__ import annotations

from zhihai.kernel.identity import kinds as powers

WINDOW = ("desk-window", "desk-window-person", "desk-reception")
WINDOW_POSTED = (
    "desk-window-find", "desk-window-help", "desk-receive",
)  # fmt: skip
HOTLINE_POSTED = ("desk-hotline-find", "desk-hotline-record")
PAGES = {
    **dict.fromkeys((*WINDOW, *WINDOW_POSTED), powers.TAKE_MATTERS),
    **dict.fromkeys(("desk-hotline", *HOTLINE_POSTED), powers.ANSWER_CALLS),
}
POSTED = (*WINDOW_POSTED, *HOTLINE_POSTED)
OF_ONE_SERVED = (
    "desk-receipt",
    "desk-reception-end",
    "apply-sign",
    "desk-reception-supplement",
    "desk-reception-withdraw",
)
"""Of whom an official is serving: tests/faces/desk/test_window.py."""
