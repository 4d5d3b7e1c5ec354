"""Who may go where among the pages of windows and appointments: what the walk of every address holds them to."""

from __future__ import annotations

from zhihai.ground.powers import RUN_WINDOWS, SET_WINDOWS, TAKE_TICKETS

PUBLIC = ("hall-windows", "hall-window", "hall-screen")
RESIDENTS = ("my-appointments", "hall-window-book", "hall-window-claim")
OWN = ("my-appointment", "my-appointment-move", "my-appointment-cancel", "my-appointment-take-other")
RUN_POSTED = tuple(f"desk-window-{what}" for what in ("call", "turn", "check-in", "book-for", "change"))
RUN = ("desk-windows", "desk-window", "desk-window-book", "desk-window-claim", "desk-window-waits", *RUN_POSTED)
SET_POSTED = tuple(f"desk-opening-{what}" for what in ("new", "terms", "hours", "day"))
SET = ("desk-opening", "desk-opening-window", *SET_POSTED)
KIOSK = ("desk-kiosks", "desk-kiosk", "desk-kiosk-take")
POSTED = (
    "hall-window-claim", "my-appointment-cancel", "my-appointment-take-other", *RUN_POSTED, *SET_POSTED,
    "desk-kiosk-take",
)  # fmt: skip
PAGES = {
    **dict.fromkeys(RUN, RUN_WINDOWS),
    **dict.fromkeys(SET, SET_WINDOWS),
    **dict.fromkeys(KIOSK, TAKE_TICKETS),
    **dict.fromkeys(OWN, "for whose it is"),
}
WALLED = (
    "resident /hall/windows/WINDOW/book?starts=2014-02-21T10:00", "resident /my/appointments/APPOINTMENT/move",
    "window /desk/windows/WINDOW", "window /desk/windows/WINDOW/appointments/APPOINTMENT",
)  # fmt: skip
"""Pages that ask behind the second wall, in a transaction of its own, beside ten questions or fewer."""
