"""The sender: posts readings to an intake by HTTP, as a device does."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from zhihai.ground.refusal import Refused
from zhihai.site.player import Wait

TIMEOUT = 60.0
READINGS = "/api/readings"


class Sender:
    """Posts readings over one kept connection, with a token.

    Raises ``Refused``: ``replay_refused`` when the intake answers otherwise than with success, ``replay_unreachable``
    when it does not answer. A broken connection is made anew once; the key of a post makes its repetition harmless.
    """

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("replay_url", "url", url=url)
        self._secure = parts.scheme == "https"
        self._place, self._path, self._token = parts.netloc, f"{parts.path.rstrip('/')}{READINGS}", token
        self._line: http.client.HTTPConnection | None = None

    def __call__(self, body: bytes, key: str) -> Wait:
        """Send one body under one key; the intake has taken it when what is returned has been called."""
        try:
            self._request(body, key)
        except (OSError, http.client.HTTPException):
            return lambda: self._again(body, key)
        return lambda: self._wait(body, key)

    def _wait(self, body: bytes, key: str) -> None:
        try:
            status = self._answer()
        except (OSError, http.client.HTTPException):
            self._again(body, key)
        else:
            _check(status)

    def _again(self, body: bytes, key: str) -> None:
        self.close()
        try:
            self._request(body, key)
            status = self._answer()
        except (OSError, http.client.HTTPException) as fault:
            self.close()
            raise Refused("replay_unreachable", "url", status=502, place=self._place) from fault
        _check(status)

    def close(self) -> None:
        """End the connection; the next post makes another."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _request(self, body: bytes, key: str) -> None:
        if self._line is None:
            connect = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._line = connect(self._place, timeout=TIMEOUT)
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        self._line.request("POST", self._path, body, headers)

    def _answer(self) -> int:
        assert self._line is not None
        answer = self._line.getresponse()
        answer.read()
        return answer.status


def _check(status: int) -> None:
    if status not in (200, 201):
        raise Refused("replay_refused", status=502, answer=status)
