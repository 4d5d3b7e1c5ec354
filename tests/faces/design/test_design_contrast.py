"""Contrast of the tokens, computed from the style sheet: WCAG 2.2 AA everywhere, AAA in large print (care mode)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BLOCK = re.compile(r"^(:root[^{\n]*) \{(.*?)^\}", re.MULTILINE | re.DOTALL)
TOKEN = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{3}(?:[0-9a-f]{3})?)\b")
LOOKS = {
    "desk": (":root",),
    "wall": (":root", ':root[data-theme="wall"]'),
    "care": (":root", ":root[data-care]"),
    "wall care": (":root", ':root[data-theme="wall"]', ":root[data-care]", ':root[data-theme="wall"][data-care]'),
}
GROUNDS = ("paper", "ground", "sunk")
TINTS = ("sea", "jade", "amber", "cinnabar", "plum")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", *TINTS) for ground in GROUNDS),
    *((tint, f"{tint}-weak") for tint in TINTS),
    *((ink, f"{tint}-weak") for ink in ("ink", "ink-2") for tint in TINTS),
    ("on-sea", "sea"),
    ("on-cinnabar", "cinnabar"),
    ("map-text", "map-area"),
    ("map-text", "map-land"),
]
SHAPES = [
    *((edge, ground) for edge in ("edge", "focus") for ground in GROUNDS),
    *((mark, "track") for mark in ("sea-2", "jade-2", "cinnabar-2", "ink-3")),
    *((now, "track") for now in ("sea-deep", "amber", "jade", "cinnabar", "ink-2")),
    *((line, "paper") for line in ("sea-2", "jade-2", "cinnabar-2", "plum-2")),
]


def _luminance(colour: str) -> float:
    full = colour[1:] if len(colour) == 7 else "".join(2 * sign for sign in colour[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(scope="module")
def looks(root: Path) -> dict[str, dict[str, str]]:
    sheet = (root / "static/zhihai/css/tokens.css").read_text()
    blocks = {selector: dict(TOKEN.findall(body)) for selector, body in BLOCK.findall(sheet)}
    return {
        look: {name: colour for selector in selectors for name, colour in blocks[selector].items()}
        for look, selectors in LOOKS.items()
    }


def test_contrast_is_that_of_the_norm() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_legible(looks: dict[str, dict[str, str]], look: str, ink: str, ground: str) -> None:
    needed = 7 if "care" in look and not ink.startswith("map") else 4.5
    assert contrast(looks[look][ink], looks[look][ground]) >= needed


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_with_meaning_are_seen(looks: dict[str, dict[str, str]], look: str, shape: str, ground: str) -> None:
    assert contrast(looks[look][shape], looks[look][ground]) >= 3
