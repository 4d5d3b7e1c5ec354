"""Rows of forms: a full check of a hundred fields with a hundred rules, and reading a definition of as many parts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from zhihai.ground.forms.codec import encode
from zhihai.ground.forms.fields import Check, Choice, DayField, Field, Money, Number, Section, Text
from zhihai.ground.forms.language import All, Answer, Compare, Constant, Day, Filled, Is, Some, Sum
from zhihai.ground.forms.program import Program
from zhihai.kernel.forms.kinds import FormKind, sentences_of
from zhihai.kernel.forms.reads import read_definition
from zhihai.site.bench.crowd import timed
from zhihai.site.bench.figures import Row, rounds_of

TODAY = date(2014, 2, 26)
PARTS, OF_A_SORT = 100, 5
WRITTEN: tuple[object, ...] = ("one", 7, "2014-01-01", "some text", 100)


def forms(checks: int, rounds: int) -> tuple[Row, ...]:
    """Measure ``checks`` full checks a round, each told in milliseconds, and one reading of a definition a round."""
    kind = large_form()
    program = Program(kind.sections, kind.checks)
    answers = {f"f{place:03d}": WRITTEN[place % OF_A_SORT] for place in range(PARTS)}
    definition = json.dumps({**encode(kind), "words": _words(kind)}, indent=1)

    def check() -> None:
        for _ in range(checks):
            assert not program.check(answers, TODAY).faults

    checking = rounds_of(rounds, lambda: 1000 * timed(check) / checks)
    reading = rounds_of(rounds, lambda: timed(lambda: read_definition(definition)))
    return (
        Row(name="form_check", unit="ms", rounds=checking, n=PARTS, most=20.0),
        Row(name="form_read", unit="s", rounds=reading, n=PARTS, most=1.0),
    )


def large_form() -> FormKind:
    """Return a form of a hundred fields, a fifth of them asked on a condition, and a hundred rules of five terms."""
    fields = tuple(_field(place) for place in range(PARTS))
    checks = tuple(Check(id=f"c{place:03d}", at=_at(place, 1), holds=_rule(place)) for place in range(PARTS))
    return FormKind(id="large", sections=(Section(id="all", fields=fields),), checks=checks)


def _at(place: int, sort: int) -> str:
    return f"f{place - place % OF_A_SORT + sort:03d}"


def _field(place: int) -> Field:
    id_ = f"f{place:03d}"
    return (
        Choice(id=id_, options=("one", "two")), Number(id=id_), DayField(id=id_), Text(id=id_),
        Money(id=id_, asked=Is(_at(place, 0), "one")),
    )[place % OF_A_SORT]  # fmt: skip


def _rule(place: int) -> All:
    bounded = Compare(Sum((Answer(_at(place, 1)), Constant(place))), "<", Constant(5000))
    told = Some((Filled(_at(place, 3)), Is(_at(place, 0), "two")))
    return All((bounded, Compare(Answer(_at(place, 2)), "<=", Day()), told))


def _words(kind: FormKind) -> dict[str, Any]:
    return {key: {"zh": key, "en": key} for key in sentences_of(kind)}
