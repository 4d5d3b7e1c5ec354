"""Django's cache in the store: limits and codes that were used hold for all processes (共享缓存).

One statement each. Django's own counts all entries at each write, and removes some that still count where they are
many: who comes from enough addresses would thereby have tries forgotten.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from zhihai.kernel.identity import acts, reads


class SharedCache(BaseCache):
    """A cache of what JSON can hold, and nothing else: what is read is never run."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept under a key."""
        return self.get_many([key], version).get(key, default)

    def get_many(self, keys: Any, version: int | None = None) -> dict[str, Any]:
        """Return what is kept under several keys, in one question."""
        made = {self.make_and_validate_key(key, version=version): key for key in keys}
        found = reads.recalled(made, at_machine=datetime.now(UTC))
        return {made[name]: msgspec.json.decode(text) for name, text in found.items()}

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value."""
        self._keep(key, value, timeout, version, new=False)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value where there is none; of several at once, one does."""
        return self._keep(key, value, timeout, version, new=True)

    def _keep(self, key: str, value: Any, timeout: Any, version: int | None, *, new: bool) -> bool:
        text = msgspec.json.encode(value).decode()
        made, until = self.make_and_validate_key(key, version=version), self._until(timeout)
        return acts.remember(made, text, until, at_machine=datetime.now(UTC), new=new)

    def _until(self, timeout: Any) -> datetime | None:
        end = self.get_backend_timeout(timeout)
        return None if end is None else datetime.fromtimestamp(end, UTC)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep what is kept longer, or shorter."""
        made = self.make_and_validate_key(key, version=version)
        return acts.prolong(made, self._until(timeout), at_machine=datetime.now(UTC))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget what is kept under a key."""
        return bool(acts.forget([self.make_and_validate_key(key, version=version)]))

    def clear(self) -> None:
        """Forget everything."""
        acts.forget_all()
