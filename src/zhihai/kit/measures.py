"""Measures that figures of more than one pack are made by: a pack names the rows, the measure is the same for all."""

from zhihai.kernel.indicators.kinds import content, in_time

__all__ = ["content", "in_time"]
