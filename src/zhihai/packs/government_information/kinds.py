"""The list of what is published (主动公开目录): 政府信息公开条例 (2019) art. 12, 20, 21 and 50, entry by entry."""

from __future__ import annotations

from zhihai.kit.kinds import Kind, PublicationKind

LIST = (
    "guide", "norms", "offices", "plans", "statistics", "licensing", "penalties", "budget", "fees", "procurement",
    "projects", "welfare", "emergency", "supervision", "recruitment", "local", "annual_report", "other",
)  # fmt: skip

KINDS: tuple[Kind, ...] = tuple(PublicationKind(id=id_) for id_ in LIST)
