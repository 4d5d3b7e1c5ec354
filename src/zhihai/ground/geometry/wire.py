"""Protocol-buffer wire format, as far as vector tiles need it: varints, and many of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from struct import pack
from typing import cast

import numpy as np
from numpy.typing import NDArray

VARINT, FIXED64, BYTES = 0, 1, 2


def varint(value: int) -> bytes:
    """Return ``value`` (not negative) seven bits a byte, lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def key(field: int, wire_type: int) -> bytes:
    """Return the key that precedes a field's value."""
    return varint(field << 3 | wire_type)


def number(field: int, value: int) -> bytes:
    """Return a field that holds one number, not negative."""
    return key(field, VARINT) + varint(value)


def double(field: int, value: float) -> bytes:
    """Return a field that holds one 64-bit float."""
    return key(field, FIXED64) + pack("<d", value)


def block(field: int, content: bytes) -> bytes:
    """Return a field that holds bytes: text, packed numbers or a message."""
    return key(field, BYTES) + varint(len(content)) + content


def zigzag(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return signed numbers as numbers that are not negative, small ones staying small."""
    return cast("NDArray[np.int64]", values << 1 ^ values >> 63)


def packed(values: NDArray[np.int64]) -> bytes:
    """Return numbers, none negative, as varints one after another."""
    return join([column(values)]).tobytes() if len(values) else b""


@dataclass(frozen=True, slots=True)
class Column:
    """One piece of every row: bytes of shape (rows, widest), of which each row uses its first ``lengths``."""

    content: NDArray[np.uint8]
    lengths: NDArray[np.int64]


def column(values: NDArray[np.int64]) -> Column:
    """Return the varint of every row's number; numbers are not negative."""
    widest = max(1, (int(values.max(initial=0)).bit_length() + 6) // 7)
    content = np.empty((len(values), widest), dtype=np.uint8)
    lengths = np.ones(len(values), dtype=np.int64)
    for place in range(widest):
        left = values >> 7 * place
        more = left > 0x7F
        content[:, place] = left & 0x7F | more << 7
        lengths += more
    return Column(content, lengths)


def constant(content: bytes, rows: int) -> Column:
    """Return the same bytes for every row."""
    return Column(np.tile(np.frombuffer(content, dtype=np.uint8), (rows, 1)), np.full(rows, len(content)))


def where(present: NDArray[np.bool_], piece: Column) -> Column:
    """Return ``piece`` for the rows that are ``present`` and nothing for the others."""
    return Column(piece.content, piece.lengths * present)


def total(pieces: Iterable[Column]) -> NDArray[np.int64]:
    """Return how many bytes each row has over all pieces."""
    return cast("NDArray[np.int64]", sum(piece.lengths for piece in pieces))


def join(pieces: list[Column]) -> NDArray[np.uint8]:
    """Return all rows one after another, each with its pieces in order."""
    content = np.concatenate([piece.content for piece in pieces], axis=1)
    used = np.concatenate(
        [np.arange(piece.content.shape[1]) < piece.lengths[:, np.newaxis] for piece in pieces], axis=1
    )
    return cast("NDArray[np.uint8]", content[used])
