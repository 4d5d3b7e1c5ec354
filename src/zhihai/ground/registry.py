"""Registry: all kinds of all packs, checked and then frozen."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from zhihai.ground.kind import Kind, Versioned

K = TypeVar("K", bound=Kind)
V = TypeVar("V", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Registered:
    """A kind with the pack it came from; ``name`` is its full name ``<pack>.<id>``."""

    pack: str
    kind: Kind

    @property
    def name(self) -> str:
        return f"{self.pack}.{self.kind.id}"


class Registry:
    """Kinds by sort and full name (登记). Built once by ``site``, then only read.

    ``packs`` maps a pack's id to its kinds in order of declaration. Raises ``ValueError`` when a pack declares one id
    twice for a sort (and version).
    """

    def __init__(self, packs: Mapping[str, tuple[Kind, ...]]) -> None:
        self.packs = tuple(packs)
        self._by_sort: dict[type[Kind], dict[str, Registered]] = {}
        self._versions: dict[tuple[type[Kind], str, int], Registered] = {}
        self._numbers: dict[tuple[type[Kind], str], list[int]] = {}
        for pack, kinds in packs.items():
            for kind in kinds:
                self._add(Registered(pack, kind))

    def _add(self, entry: Registered) -> None:
        sort = type(entry.kind)
        version = entry.kind.version if isinstance(entry.kind, Versioned) else 0
        if (sort, entry.name, version) in self._versions:
            raise ValueError(f"{entry.pack}: {sort.__name__} {entry.kind.id!r} version {version} is declared twice")
        self._versions[sort, entry.name, version] = entry
        insort(self._numbers.setdefault((sort, entry.name), []), version)
        latest = self._by_sort.setdefault(sort, {}).get(entry.name)
        if latest is None or (isinstance(latest.kind, Versioned) and latest.kind.version < version):
            self._by_sort[sort][entry.name] = entry

    def all(self, sort: type[K]) -> Iterator[tuple[str, K]]:
        """Yield (full name, kind) of every kind of ``sort``, the latest version of each, in order of declaration."""
        for name, entry in self._by_sort.get(sort, {}).items():
            if isinstance(entry.kind, sort):
                yield name, entry.kind

    def get(self, sort: type[K], name: str, version: int | None = None) -> K:
        """Return the kind with this full name, by default its latest version; raises ``KeyError`` naming it."""
        entry = self._by_sort.get(sort, {}).get(name) if version is None else self._versions.get((sort, name, version))
        if entry is None or not isinstance(entry.kind, sort):
            raise KeyError(f"{sort.__name__} {name}" + (f" version {version}" if version is not None else ""))
        return entry.kind

    def versions(self, sort: type[V], name: str) -> tuple[V, ...]:
        """Return every version of a kind, oldest first; raises ``KeyError`` naming a kind there is not."""
        numbers = self._numbers.get((sort, name), ())
        return tuple(self.get(sort, name, no) for no in numbers) or (self.get(sort, name),)

    def in_force(self, sort: type[V], name: str, day: date) -> V:
        """Return the version that holds on a local day: the latest whose ``valid_from`` has come by then.

        Before all of them the first holds, since something must. Raises ``KeyError`` naming a kind there is not.
        """
        latest = self.get(sort, name)
        if latest.valid_from <= day:
            return latest
        versions = self.versions(sort, name)
        return next((kind for kind in reversed(versions) if kind.valid_from <= day), versions[0])
