"""Columns of numbers to and from PostgreSQL in its binary form: whole numpy arrays, nothing parsed value by value.

One statement with arrays beats COPY into a temporary table up to some thousand rows (500 rows: 2.7 against 3.3 ms; one
row: 0.40 against 0.60 ms) and equals it beyond; it needs no table that lives with the connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any, ClassVar
from weakref import WeakSet

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg import Connection, Cursor
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

from zhihai.kernel.records import Row

POSTGRES_EPOCH = 946_684_800_000_000
"""2000-01-01, from which PostgreSQL counts, in microseconds since 1970."""
NEVER = -(2**63)
"""``-infinity`` among instants."""
_HEADER = 20


@dataclass(frozen=True, slots=True)
class Column:
    """An array given as a parameter; its subclass says as what."""

    values: NDArray[np.generic]


class Integers(Column):
    """``integer[]``."""


class Smallints(Column):
    """``smallint[]``."""


class Doubles(Column):
    """``double precision[]``."""


class Instants(Column):
    """``timestamptz[]``: microseconds since 1970, :data:`NEVER` for ``-infinity``."""


class _Arrays(Dumper):
    """Writes the binary form of an array: a header, then each element with its length before it."""

    format = Format.BINARY
    element: ClassVar[int]
    dtype: ClassVar[str]

    def dump(self, obj: Column) -> Buffer:
        values = obj.values
        cells = np.empty(len(values), [("length", ">i4"), ("value", self.dtype)])
        cells["length"] = cells.dtype["value"].itemsize
        cells["value"] = self.numbers(values)
        return pack(">iiIii", 1, 0, self.element, len(values), 1) + cells.tobytes()

    def numbers(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        return values


class _Integers(_Arrays):
    oid, element, dtype = 1007, 23, ">i4"


class _Smallints(_Arrays):
    oid, element, dtype = 1005, 21, ">i2"


class _Doubles(_Arrays):
    oid, element, dtype = 1022, 701, ">f8"


class _Instants(_Arrays):
    oid, element, dtype = 1185, 1184, ">i8"

    def numbers(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.where(values == NEVER, NEVER, values - POSTGRES_EPOCH)


class _Loaded(Loader):
    """Reads the binary form of an array without NULLs."""

    format = Format.BINARY
    dtype: ClassVar[str]

    def load(self, data: Buffer) -> NDArray[np.generic]:
        cells = np.frombuffer(bytes(data)[_HEADER:], [("length", ">i4"), ("value", self.dtype)])
        return self.numbers(cells["value"].astype(self.dtype[1:]))

    def numbers(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        return values


class _LoadedIntegers(_Loaded):
    dtype = ">i4"


class _LoadedSmallints(_Loaded):
    dtype = ">i2"


class _LoadedDoubles(_Loaded):
    dtype = ">f8"


class _LoadedInstants(_Loaded):
    dtype = ">i8"

    def numbers(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        return values + POSTGRES_EPOCH


_DUMPERS = ((Integers, _Integers), (Smallints, _Smallints), (Doubles, _Doubles), (Instants, _Instants))
_ADAPTED: WeakSet[Connection[Any]] = WeakSet()
_LOADERS = ((1007, _LoadedIntegers), (1005, _LoadedSmallints), (1022, _LoadedDoubles), (1185, _LoadedInstants))


def _adapt(opened: Connection[Any]) -> None:
    """Teach a connection our columns, once: they are binary forms, which its other cursors do not use."""
    if opened in _ADAPTED:
        return
    adapters = opened.adapters
    for sort, dumper in _DUMPERS:
        adapters.register_dumper(sort, dumper)
    for oid, loader in _LOADERS:
        adapters.register_loader(oid, loader)
    _ADAPTED.add(opened)


def ask(sql: str, params: Sequence[object] = ()) -> list[Row]:
    """Run a statement with parameters and results in binary form and return its rows.

    Arrays of integers, smallints, doubles and instants come back as numpy arrays (instants in microseconds since 1970)
    and must hold no NULL; parameters of these sorts are :class:`Column`.
    """
    with connection.cursor() as outer, connection.wrap_database_errors:
        _adapt(outer.connection)
        cursor = Cursor(outer.connection)
        cursor.execute(sql, params, binary=True)
        return cursor.fetchall() if cursor.description else []
