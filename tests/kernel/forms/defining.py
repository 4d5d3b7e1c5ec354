"""A small form as an official uploads it."""

from __future__ import annotations

import json
from typing import Any


def definition(**more: Any) -> str:
    """A definition with its words, one member a line."""
    made = {
        "id": "stall", "version": 1,
        "sections": [{"id": "who", "fields": [{"sort": "text", "id": "owner"}, {"sort": "money", "id": "rent"}]}],
        "words": {
            "name": {"zh": "摊位申请", "en": "A stall"}, "who.name": {"zh": "摊主", "en": "Who"},
            "owner.name": {"zh": "姓名 {0.__class__}", "en": "Name"}, "rent.name": {"zh": "租金", "en": "Rent"},
        },
    }  # fmt: skip
    return json.dumps({**made, **more}, ensure_ascii=False, indent=1)
