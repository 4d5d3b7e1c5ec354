"""Refusal: how every floor says no."""

from __future__ import annotations


class Refused(Exception):
    """Something asked for can not be done, and the one who asked can mend it (拒绝).

    ``code`` names the sentence ``refused.<code>`` in the words: what happened, what was kept, what to do.
    ``field`` is the input at fault (``values.pm25``), ``facts`` fill the sentence; the first two are given by place, so
    that a fact may go by any name. ``status`` is the HTTP status a face answers with. Facts never hold secrets or
    personal data, since they are shown and logged.
    """

    def __init__(self, code: str, field: str | None = None, /, *, status: int = 422, **facts: object) -> None:
        super().__init__(code if field is None else f"{code} ({field})")
        self.code = code
        self.field = field
        self.status = status
        self.facts = facts


class NotPermitted(Refused):
    """The actor lacks the power for this act or this row (无权). Answered as 403."""

    def __init__(self, code: str = "not_permitted", field: str | None = None, /, **facts: object) -> None:
        super().__init__(code, field, status=403, **facts)


class NotFound(Refused):
    """No such thing, or none that the actor may know of: the two are answered alike, so that nothing leaks (404)."""

    def __init__(self, code: str = "not_found", field: str | None = None, /, **facts: object) -> None:
        super().__init__(code, field, status=404, **facts)


class Conflict(Refused):
    """The thing has moved on since it was read: somebody else was first (409)."""

    def __init__(self, code: str = "conflict", field: str | None = None, /, **facts: object) -> None:
        super().__init__(code, field, status=409, **facts)
