"""A choice among many within a sentence, each an address: the same on page after page, so it is drawn once."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote_plus

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

Options = tuple[tuple[str, str], ...]
"""Value and what it is called."""
DRAWN = 256
"""So many choices are kept drawn."""


@pass_context
def picked(context: Context, name: str, options: Options, chosen: str, anything: str) -> Markup:
    """Return a choice of the parameter ``name`` of this page's address; ``anything`` takes it away.

    A choice leads to the first page of what is chosen.
    """
    without = context["here"](context, **{name: None, "after": None})
    return _drawn(without, name, options, chosen, anything)


@lru_cache(maxsize=DRAWN)
def _drawn(without: str, name: str, options: Options, chosen: str, anything: str) -> Markup:
    lead = f"{without}{'&' if '?' in without else '?'}{quote_plus(name)}="
    ways = [("", anything, without), *((value, label, lead + quote_plus(value)) for value, label in options)]
    shown = next((label for value, label, _ in ways if value == chosen), anything)
    items = "".join(
        f'<li><a href="{escape(href)}"{" aria-current=true" if value == chosen else ""}>{escape(label)}</a></li>'
        for value, label, href in ways
    )
    return Markup(f'<details class="choice"><summary>{escape(shown)}</summary><ul>{items}</ul></details>')
