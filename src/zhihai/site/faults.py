"""Several things that are wrong at once, told in one go: who mends a folder is not sent round by round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from zhihai.ground.refusal import Refused


class Faults(Refused):
    """More than one thing is wrong; ``faults`` are the refusals of each, in the order in which they were found."""

    def __init__(self, faults: Sequence[Refused]) -> None:
        super().__init__("faults", n=len(faults))
        self.faults = tuple(faults)


@contextmanager
def noting(faults: list[Refused]) -> Iterator[None]:
    """Take down what the block refuses, and go on after it."""
    try:
        yield
    except Refused as refused:
        faults.append(refused)


def refuse(faults: Sequence[Refused]) -> None:
    """Raise what was taken down: the one fault itself, or :class:`Faults` for several; nothing for none."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Faults(faults)
