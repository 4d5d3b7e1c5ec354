"""What is held (职权): when a membership is in force, and questions about who holds what by whom."""

from __future__ import annotations


def held(m: str, at: str) -> str:
    """Return the condition that the membership ``m`` is in force at ``at``, an expression that stands in it four times.

    What is held as a deputy is held as long as who it is held for holds it too, and is not switched off.
    """
    own = "{0}.valid_from <= {1} AND ({0}.valid_to IS NULL OR {0}.valid_to > {1})"
    return f"""{own.format(m, at)} AND ({m}.delegated_from IS NULL OR EXISTS (
        SELECT FROM membership d JOIN account b ON b.id = d.account_id AND b.is_active
        WHERE d.id = {m}.delegated_from AND {own.format("d", at)}))"""
