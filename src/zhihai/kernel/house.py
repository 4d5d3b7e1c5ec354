"""What the running house holds, built by ``site`` and given through the settings: kinds and words."""

from __future__ import annotations

from django.conf import settings

from zhihai.ground.registry import Registry
from zhihai.ground.words import Words


def registry() -> Registry:
    """Return the frozen registry of all kinds."""
    registry = settings.ZHIHAI_REGISTRY
    assert isinstance(registry, Registry)
    return registry


def words() -> Words:
    """Return every sentence of every floor and pack."""
    words = settings.ZHIHAI_WORDS
    assert isinstance(words, Words)
    return words
