"""Working time (工作日历与时限): the calendar of a district and the clocks that run on it.

``docs/why/clock.md`` tells how the clock reasons and from which articles of law.
"""
