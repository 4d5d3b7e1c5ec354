"""What the room trust tells the rest: that another provider signs an account in, or does so no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhihai.kernel.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereChanged(Event):
    """An account was tied to another provider, or untied (外部认证绑定); the names are the provider's."""

    account: int
    what: Literal["elsewhere_tied", "elsewhere_untied"]
    name_zh: str
    name_en: str
