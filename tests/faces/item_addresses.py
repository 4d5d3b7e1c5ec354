"""Who may go where among the pages of service items and applications: what the walk of every address holds them to."""

from __future__ import annotations

from tests.faces import disclosure_addresses, window_addresses
from tests.faces.staging import ITEM

from zhihai.kernel.identity import kinds as powers

READ = ("desk-items", "desk-item", "desk-synonyms", "desk-items-import")
SET = (
    "desk-item-guide", "desk-item-describe", "desk-item-assign", "desk-synonyms-set", "desk-items-compare",
    "desk-items-apply",
)  # fmt: skip
PUBLISHED = ("desk-item-publish", "desk-item-withdraw")
APPLIED = (
    "my-matters", "hall-apply", "hall-apply-start", "hall-begin", "hall-begin-start", *window_addresses.RESIDENTS,
)  # fmt: skip
POSTED = (
    *SET, *PUBLISHED, "hall-apply-start", "hall-begin-start", *window_addresses.POSTED, *disclosure_addresses.POSTED,
)  # fmt: skip
PUBLIC = (
    "hall", "hall-search", "hall-suggest", "hall-items", "hall-item", "hall-offices", "hall-handling", "progress",
    "accessibility",
    *window_addresses.PUBLIC, *disclosure_addresses.PUBLIC,
)  # fmt: skip
PAGES = {
    **window_addresses.PAGES,
    **dict.fromkeys((*READ, *SET), powers.SET_SERVICES),
    **dict.fromkeys(PUBLISHED, powers.PUBLISH_SERVICES),
    **disclosure_addresses.PAGES,
}
OF_A_MATTER = (
    "my-matter", "my-matter-withdraw", "my-matter-unpublish", "my-matter-rate", "my-matter-supplement",
    "my-matter-form", "my-matter-file",
    "my-matter-paper", "my-matter-form-pdf", "desk-paper", "desk-given-pdf", "desk-given-file", "desk-look-into",
    "desk-given-in", *disclosure_addresses.OF_A_REQUEST,
)  # fmt: skip
"""Of somebody's own matter, and of whose work it is: tests/faces/hall/test_matters.py."""
CODES = dict.fromkeys(("hall-item", "hall-apply", "hall-apply-start"), ITEM)
"""The code of a public item of the invented district, in the addresses that take one."""
