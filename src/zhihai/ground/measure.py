"""Measured: what a measure of an indicator returns, so that a figure opens down to its rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and what it was made from (指标值).

    ``value`` is ``numerator / denominator``, or the numerator alone where the figure is a count or a sum; ``None``
    where there was nothing to measure, which is not zero. ``rows`` are the positions, in the rows that were given, of
    those that were counted: a page opens the figure down to them. ``above`` are those of them that the numerator is
    made of, ``None`` where a measure does not tell one by one.
    """

    value: float | None
    numerator: float
    denominator: float
    rows: tuple[int, ...]
    above: tuple[int, ...] | None = None


def share(
    numerator: float, denominator: float, rows: tuple[int, ...], above: tuple[int, ...] | None = None
) -> Measured:
    """Return the share ``numerator / denominator`` (0 … 1), ``None`` of an empty denominator."""
    return Measured(numerator / denominator if denominator else None, numerator, denominator, rows, above)
