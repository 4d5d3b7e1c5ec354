"""What a page owes everybody who reads it, asked of the page itself in a real browser.

axe-core asks for names, roles, contrast and structure. The rest it can not ask: whether a page fits a window of 320 CSS
pixels, which is 400 % on 1280 (WCAG 1.4.10), whether it bears wider spacing (1.4.12), whether focus is seen (2.4.7),
and whether a page without scripts offers anything that only a script would do.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Page
from tests.fetched import fetched

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE = {"width": 1440, "height": 900}
MAGNIFIED = {"width": 320, "height": 640}
"""What is left of a window of 1280 by 2560 device pixels at 400 %."""

_SCAN = """async (rules) => {
  const { violations, passes } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  const told = ({ id, impact, nodes }) =>
    `${id} (${impact}): ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`;
  return [passes.length, violations.map(told)];
}"""

_WIDER = """(spaced) => {
  if (spaced) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
      word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  const wide = document.documentElement.scrollWidth;
  if (wide <= innerWidth) return [];
  const beyond = (one) => one.getBoundingClientRect().right > innerWidth + 1;
  const parts = [...document.body.querySelectorAll("*")].filter(beyond).slice(-3);
  const named = parts.map((one) => `${one.tagName}.${one.className}`).join(" | ");
  return [`${wide} wide${spaced ? ", spaced" : ""}: ${named}`];
}"""

_CUT = """() => {
  const hides = (how) => how === "hidden" || how === "clip";
  const cut = (one) => {
    const style = getComputedStyle(one);
    if (style.clipPath !== "none" || !one.checkVisibility() || !one.innerText?.trim()) return false;
    return (hides(style.overflowX) && one.scrollWidth > one.clientWidth + 1) ||
      (hides(style.overflowY) && one.scrollHeight > one.clientHeight + 1);
  };
  const found = [...document.body.querySelectorAll("*")].filter(cut).slice(0, 3);
  return found.map((one) => `cut when spaced: ${one.tagName}.${one.className}`);
}"""

_UNSEEN = """() => {
  const able = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const unseen = [];
  for (const one of document.querySelectorAll(able)) {
    if (one.disabled || one.tabIndex < 0 || !one.checkVisibility() || one.closest("dialog:not([open])")) continue;
    one.focus({ focusVisible: true });
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    if (document.activeElement !== one || outlineStyle === "none" || parseFloat(outlineWidth) < 2) unseen.push(one);
  }
  document.activeElement?.blur();
  return unseen.slice(0, 3).map((one) => `focus is not seen: ${one.outerHTML.slice(0, 90)}`);
}"""

_DEAD = """() => {
  const shown = (all) => [...document.querySelectorAll(all)].filter((one) => one.checkVisibility());
  const dead = shown("main button[type=button], [data-opens], a[href='#'], a:not([href]), p.hold");
  const senders = shown("button:not([type=button]), input[type=submit]");
  const stuck = shown("main form").filter((form) => !senders.some((one) => one.form === form));
  return [...dead, ...stuck].slice(0, 3).map((one) => `only a script serves: ${one.outerHTML.slice(0, 90)}`);
}"""


@cache
def scanner() -> str:
    """Return the source of axe-core (MPL-2.0), a tool of these tests alone."""
    return fetched("scanner", "axe-core/axe.min.js").read_text(encoding="utf-8")


def scanned(page: Page) -> list[str]:
    """Return what axe-core finds, of whatever impact; the page's context must have begun with :func:`scanner`."""
    passed, violations = page.evaluate(_SCAN, RULES)
    return list(violations) if passed else ["axe-core looked at nothing"]


def seen(page: Page) -> list[str]:
    """Return what axe-core finds, and controls that take focus and do not show it."""
    return scanned(page) + list(page.evaluate(_UNSEEN))


def fitting(page: Page) -> list[str]:
    """Return what is wider than its window, as it is and with the spacing of WCAG 1.4.12, and what that cuts off."""
    return [*page.evaluate(_WIDER, False), *page.evaluate(_WIDER, True), *page.evaluate(_CUT)]


def served(page: Page) -> list[str]:
    """Return what a page without scripts offers although only a script would serve it."""
    return list(page.evaluate(_DEAD))


LOOKS: dict[str, dict[str, Any]] = {
    "wide": {"language": "zh", "care": "0", "viewport": WIDE},
    "magnified": {"language": "en", "care": "1", "viewport": MAGNIFIED},
    "without-scripts": {"language": "zh", "care": "0", "viewport": MAGNIFIED},
}
"""How pages are looked at: the one nobody sets anything for; the largest letters in the longest words; no scripts."""


def found(page: Page, look: str) -> list[str]:
    """Return what is wrong with a page under this look."""
    if look == "without-scripts":
        return served(page)
    return seen(page) if look == "wide" else scanned(page) + fitting(page)
