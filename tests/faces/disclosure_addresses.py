"""Who may go where among the pages of what the government publishes: what the walk of every address holds them to."""

from __future__ import annotations

from zhihai.ground.powers import PUBLISH_DISCLOSURE, WRITE_DISCLOSURE

PUBLIC = (
    "publications", "publications-atom", "publications-rss", "publication", "publication-version", "publication-file",
    "disclosure-requests", "disclosure-requests-table", "disclosure-report", "disclosure-fees",
    "disclosure-requests-atom", "disclosure-requests-rss", "hall-answers",
)  # fmt: skip
WRITTEN = tuple(f"desk-publication-{what}" for what in ("begin", "write", "attach", "detach", "discard"))
FEES = ("desk-fees", *(f"desk-fee-{what}" for what in ("charge", "pay", "release", "return")))
OF_A_REQUEST = ("desk-disputes", "desk-dispute-record", "desk-dispute-amend", "desk-dispute-take-back", *FEES)
"""Of a request: tests/faces/hall/test_answer_pages.py, and of its fees test_fee_pages.py."""
PUBLISHED = tuple(f"desk-publication-{what}" for what in ("review", "publish", "withdraw"))
POSTED = (*WRITTEN, *PUBLISHED)
PAGES = {
    **dict.fromkeys(
        ("desk-publications", "desk-publication", "desk-publication-file"),
        f"{WRITE_DISCLOSURE} or {PUBLISH_DISCLOSURE}",
    ),
    **dict.fromkeys(("desk-publication-new", *WRITTEN), WRITE_DISCLOSURE),
    **dict.fromkeys(PUBLISHED, PUBLISH_DISCLOSURE),
}
