"""Secrets in what was written: identity numbers and tokens by their form, and all that somebody noted (泄露检查).

What is searched lies in a folder: ``secrets`` holds one noted secret a line, as JSON, and each other file what was
written, piece by piece. A piece says where it is from; what is found is told by that, by the sort of the secret and by
who noted it, never by the secret.
"""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from stdnum.cn import ric

SHORTEST = 12
"""Letters of the shortest secret that is searched for: shorter ones are words, and stand anywhere."""
HEAD = 8
BLANK = re.compile(r"\s")
CHUNK = 2**22
SECRETS = "secrets"
CODE = "code of a sign-in"
"""The one secret that stands in an address, by the protocol (RFC 6749, 4.1.2): used once, worth nothing by itself."""
ADDRESS = "address"
FORMS = {
    "identity number": re.compile(
        rb"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
        rb"(?![0-9A-Za-z])"
    ),
    "API token": re.compile(rb"(?<![0-9A-Za-z])zh_[0-9A-Za-z_-]{43}(?![0-9A-Za-z_-])"),
    "token of a form": re.compile(rb"csrfmiddlewaretoken=[0-9A-Za-z]+"),
}
"""What is a secret by how it looks, whoever made it."""


@dataclass(frozen=True, order=True)
class Leak:
    """A secret that was found: of what sort, in what kind of writing, from where, and who noted the secret."""

    sort: str
    kind: str
    place: str
    noted: str

    def __str__(self) -> str:
        by = f", noted by {self.noted}" if self.noted else ""
        return f"{self.sort} in {self.kind}: {self.place}{by}"


def piece(place: str, text: str) -> bytes:
    """Return a piece of writing as it is kept: where it is from, and the text as it stands and as it is read."""
    forms = dict.fromkeys(BLANK.sub(" ", one) for one in (text, unquote(text), html.unescape(text)))
    return json.dumps([place, " ".join(forms)], ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def note(sort: str, secret: str, by: str) -> bytes:
    """Return a noted secret as it is kept."""
    return json.dumps([sort, secret, by], ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def leaks_in(folder: Path) -> list[Leak]:
    """Return what is found in a folder, each once, in order."""
    noted = _noted(folder / SECRETS)
    found: set[Leak] = set()
    for file in sorted(folder.iterdir()):
        if file.name != SECRETS:
            found.update(_leaks(file.name, file.read_bytes(), noted))
    return sorted(found)


def _noted(file: Path) -> dict[bytes, tuple[str, str]]:
    if not file.is_file():
        return {}
    lines = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(): (sort, by)
        for sort, secret, by in lines if len(secret) >= SHORTEST
    }  # fmt: skip


def _leaks(kind: str, data: bytes, noted: Mapping[bytes, tuple[str, str]]) -> Iterator[Leak]:
    for sort, form in FORMS.items():
        for match in form.finditer(data):
            if sort != "identity number" or _is_number(match[0].decode().upper()):
                yield Leak(sort, kind, _place(data, match.start()), "")
    for place, secret in found_in(data, noted):
        sort, by = noted[secret]
        if (sort, kind) != (CODE, ADDRESS):
            yield Leak(sort, kind, _place(data, place), by)


def _is_number(text: str) -> bool:
    return str(ric.calc_check_digit(text)) == text[-1]


def _place(data: bytes, at: int) -> str:
    """Return where the piece is from that holds this place."""
    begin = data.rfind(b"\n", 0, at) + 1
    end = data.find(b"\n", at)
    return str(json.loads(data[begin : len(data) if end < 0 else end])[0])


def found_in(data: bytes, secrets: Mapping[bytes, object]) -> Iterator[tuple[int, bytes]]:
    """Yield every place of every secret, overlapping ones too.

    Eight bytes from each place on are looked up in a table of how secrets begin; only where they may begin so the
    secrets are compared. 100 MB take about two seconds, however many secrets there are.
    """
    by_head: dict[bytes, list[bytes]] = defaultdict(list)
    for secret in secrets:
        by_head[secret[:HEAD]].append(secret)
    table = np.zeros(2**20, dtype=bool)
    table[_spread(np.frombuffer(b"".join(by_head), dtype=np.uint64))] = True
    for begin in range(0, len(data) - HEAD + 1, CHUNK):
        part = np.frombuffer(data[begin : begin + CHUNK + HEAD - 1], dtype=np.uint8)
        windows = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(part, HEAD)).view(np.uint64)[:, 0]
        for place in np.flatnonzero(table[_spread(windows)]) + begin:
            for secret in by_head.get(data[place : place + HEAD], ()):
                if data.startswith(secret, place):
                    yield int(place), secret


def _spread(heads: np.ndarray) -> np.ndarray:
    """Return a number below 2²⁰ of each eight bytes (multiplicative hashing)."""
    return (heads * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(44)
