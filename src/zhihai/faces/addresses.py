"""Addresses of pages by name: the same few thousand are asked for again and again, a frame alone names seventeen."""

from __future__ import annotations

from functools import cache, lru_cache

from django.urls import get_resolver, reverse

KEPT = 4096
"""So many addresses are kept for being asked for again."""


@lru_cache(maxsize=KEPT, typed=True)
def address(name: str, /, *args: object, **kwargs: object) -> str:
    """Return the address of the page ``name`` for these parts of it; raises ``NoReverseMatch`` for one there is not."""
    return str(reverse(name, args=args or None, kwargs=kwargs or None))


@cache
def parts_of(name: str) -> frozenset[str]:
    """Return the names of the parts that the address of the page ``name`` takes."""
    ways = get_resolver().reverse_dict.getlist(name)
    return frozenset(part for possible, *_ in ways for _, parts in possible for part in parts)
