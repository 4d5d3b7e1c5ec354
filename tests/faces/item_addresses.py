"""Who may go where among the pages of service items: what the walk of every address holds them to."""

from __future__ import annotations

from zhihai.kernel.identity import kinds as powers

READ = ("desk-items", "desk-item", "desk-synonyms", "desk-items-import")
SET = (
    "desk-item-guide", "desk-item-describe", "desk-item-assign", "desk-synonyms-set", "desk-items-compare",
    "desk-items-apply",
)  # fmt: skip
PUBLISHED = ("desk-item-publish", "desk-item-withdraw")
POSTED = (*SET, *PUBLISHED)
PUBLIC = ("hall", "hall-search", "hall-suggest", "hall-items", "hall-item", "hall-offices")
PAGES = {
    **dict.fromkeys((*READ, *SET), powers.SET_SERVICES),
    **dict.fromkeys(PUBLISHED, powers.PUBLISH_SERVICES),
}
CODES = {"hall-item": "519A0000100001-990101000000-000-11990101008778239R-1-00"}
"""The code of a public item of the invented district, in the addresses that take one."""
