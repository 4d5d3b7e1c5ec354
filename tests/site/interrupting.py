"""Somebody ends a long command after its first piece of work."""

from __future__ import annotations

from collections.abc import Callable


def once(work: Callable[..., int]) -> Callable[..., int]:
    """Return the same work, which is done once and then interrupted."""
    done = []

    def one(*asked: object) -> int:
        if done:
            raise KeyboardInterrupt
        done.append(asked)
        return work(*asked)

    return one
