"""Loading packs: every folder with a ``pack.toml`` is imported, checked and frozen into the registry."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from zhihai.ground.kind import ID, Kind
from zhihai.ground.registry import Registry
from zhihai.ground.words import Phrase, Words, join_words, read_words
from zhihai.kernel import standard
from zhihai.site.references import faults_of

PACKAGE = Path(__file__).resolve().parents[1]
PACKS = PACKAGE / "packs"


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was taken in: what its ``pack.toml`` says, its kinds and its words."""

    id: str
    owner: str
    clauses: tuple[str, ...]
    grade: str
    kinds: tuple[Kind, ...]
    words: Mapping[str, Phrase]
    folder: Path


@dataclass(frozen=True, slots=True)
class Fault:
    """A pack that was refused, and why; the rest of the house runs without it."""

    pack: str
    reason: str


@dataclass(frozen=True, slots=True)
class House:
    """All that the packs and the kernel declare: the frozen registry, the words, and what was refused."""

    registry: Registry
    words: Words
    packs: tuple[Pack, ...]
    faults: tuple[Fault, ...]


def read_pack(folder: Path, module: str) -> Pack:
    """Read one pack; ``module`` is the dotted name of its folder.

    Raises ``ValueError`` naming the file and the fault; any error of the pack's own import comes through.
    """
    facts = tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))
    id_, owner, clauses, grade = (facts.get(key) for key in ("id", "owner", "clauses", "grade"))
    if id_ != folder.name or not ID.fullmatch(folder.name):
        raise ValueError(f"{folder / 'pack.toml'}: id must be the folder's name {folder.name!r}")
    if id_ == standard.PACK:
        raise ValueError(f"{folder / 'pack.toml'}: the kernel's own kinds go by {id_!r}")
    if not isinstance(owner, str) or not isinstance(grade, str) or not isinstance(clauses, list):
        raise ValueError(f"{folder / 'pack.toml'}: needs owner (text), grade (text) and clauses (list)")
    kinds = importlib.import_module(f"{module}.kinds").KINDS
    if not isinstance(kinds, tuple) or not all(isinstance(kind, Kind) for kind in kinds):
        raise ValueError(f"{folder / 'kinds.py'}: KINDS must be a tuple of kinds")
    words = read_words(folder / "words.toml", prefix=folder.name)
    return Pack(folder.name, owner, tuple(str(one) for one in clauses), grade, kinds, MappingProxyType(words), folder)


def build_house(
    floor_words: Iterable[Mapping[str, Phrase]], folders: Mapping[str, Path] | None = None, made: Iterable[Pack] = ()
) -> House:
    """Take in every pack of ``folders`` (dotted module name → folder; by default all of ours), then those ``made``.

    A pack that can not be read, that names what is not there or says again what was said before it, is refused with its
    reason and left out.
    """
    packs: list[Pack] = []
    faults: list[Fault] = []
    for module, folder in (pack_folders() if folders is None else folders).items():
        try:
            packs.append(read_pack(folder, module))
        except Exception as fault:  # whatever a pack does wrong, the rest runs
            faults.append(Fault(folder.name, f"{type(fault).__name__}: {fault}"))
    packs.extend(made)
    base = join_words([*floor_words, read_words(PACKAGE / "kernel" / "words.toml", prefix=standard.PACK)])
    said = dict(base)
    sound: list[Pack] = []
    for pack in packs:
        again = [f"words: {key} is said already" for key in sorted(pack.words.keys() & said.keys())]
        again += [f"pack {pack.id} is there already" for other in sound if other.id == pack.id]
        lost = faults_of(pack.id, {standard.PACK: standard.KINDS, pack.id: pack.kinds}, {**base, **pack.words})
        if again or lost:
            faults.append(Fault(pack.id, "; ".join([*again, *lost])))
        else:
            sound.append(pack)
            said.update(pack.words)
    registry = Registry({standard.PACK: standard.KINDS, **{pack.id: pack.kinds for pack in sound}})
    return House(registry, Words(said), tuple(sound), tuple(faults))


def pack_folders() -> dict[str, Path]:
    """Return every folder of ours that has a ``pack.toml``, by dotted name, in order of name."""
    return {f"zhihai.packs.{file.parent.name}": file.parent for file in sorted(PACKS.glob("*/pack.toml"))}
