"""Kinds of the room catalogue: datasets and their fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhihai.ground.kind import Kind

Grade = Literal["open", "shared", "restricted", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Kind):
    """One column of a dataset (数据项); ``unit`` is empty where there is none.

    Words: ``dataset.<dataset>.field.<id>``.
    """

    sort: Literal["text", "number", "instant", "day", "code", "flag"]
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetKind(Kind):
    """A described resource with an owner and a sharing grade (数据资源); its rows are records of the catalogue.

    ``owner`` is the ``duty`` of the owning organisation, resolved by the district's seeds. ``grade``: open 无条件开放,
    shared 无条件共享, restricted 有条件共享, closed 不予共享. Words: ``dataset.<id>.name`` and ``.what``.
    """

    owner: str
    grade: Grade
    fields: tuple[Field, ...]
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The description of a dataset as the catalogue keeps it, whatever kind it was declared by.

    ``name`` is the full name of its kind, ``owner`` the duty of the owning organisation.
    """

    name: str
    owner: str
    grade: Grade
    fields: tuple[Field, ...]
    licence: str = ""
