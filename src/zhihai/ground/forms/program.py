"""The program of a form: compiled once, then run over answers, wholly or from one changed answer on (表单程序).

Every term becomes a function, and every field a node that knows which follow from it. A check of a hundred fields and a
hundred rules takes about a millisecond; a changed answer runs only what depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from zhihai.ground.forms.fields import Check, Computed, Declaration, Field, Group, Section, placed
from zhihai.ground.forms.language import Total, field_of, fields_in, walk
from zhihai.ground.forms.soundness import MOST_NUMBER, in_order, waits_for, waits_in_row
from zhihai.ground.forms.terms import FILLED, Quantities, Row, Terms, Test
from zhihai.ground.forms.values import Answers, Fault, Judge, is_empty, judge_of

UNKNOWN_FIELD = "unknown_field"


@dataclass(frozen=True, slots=True)
class Node:
    """A field as the program runs it."""

    field: Field
    section: Test | None
    asked: Test | None
    judge: Judge | None
    compute: Quantities | None
    rows: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule between answers as the program runs it: ``group`` is the one whose rows it is about."""

    check: Check
    holds: Test
    when: Test | None
    group: str | None


@dataclass(slots=True)
class Found:
    """What running a node found: whether it is asked, what is kept, what rules may use, and what is wrong."""

    asked: bool = False
    kept: object = None
    sound: object = None
    faults: tuple[Fault, ...] = ()
    shown: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found.

    ``answers`` are those that are asked for, with what was computed; ``faults`` in the order of the form; ``asked`` the
    ids of all that is asked, ``rows`` for each group those asked in each of its rows.
    """

    answers: dict[str, object] = field(repr=False)
    faults: tuple[Fault, ...]
    asked: frozenset[str]
    rows: Mapping[str, tuple[frozenset[str], ...]]


class Program:
    """A form, compiled. It is never changed by running it, so that threads may share it."""

    def __init__(self, sections: tuple[Section, ...], checks: tuple[Check, ...]) -> None:
        self.sections, self.checks = sections, checks
        listed = tuple(placed(sections))
        self.fields: Mapping[str, Field] = {one.field.id: one.field for one in listed}
        self.group_of: Mapping[str, str] = {one.field.id: one.group.id for one in listed if one.group}
        terms = Terms(self.fields, self.group_of)
        waits = waits_for(listed)
        self.order = in_order(waits)[0]
        self.nodes = {
            one.field.id: _node(terms, one.field, one.section) for one in listed if one.group is None
        }  # fmt: skip
        self.places = {id_: number for number, id_ in enumerate(self.fields)}
        self.followers = _followers(waits, self.order)
        self.rules = tuple(_rule(terms, check, self.group_of) for check in checks)
        self.rules_of = self._rules_of()

    def _rules_of(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {id_: [] for id_ in self.nodes}
        for number, rule in enumerate(self.rules):
            asked = fields_in(rule.check.holds) | fields_in(rule.check.when) | {rule.check.at}
            for id_ in sorted({self.group_of.get(one, one) for one in asked}):
                found[id_].append(number)
        return {id_: tuple(numbers) for id_, numbers in found.items()}

    def check(self, answers: Answers, today: date, held: Sequence[str] = ()) -> Outcome:
        """Check answers wholly; ``held`` are fields whose answer is the government's own and is not judged again.

        ``today`` is the local day in the district.
        """
        return Sheet(self, answers, today, held).outcome()


def _node(terms: Terms, asked: Field, section: Section | None) -> Node:
    test = terms.test(asked.asked) if asked.asked else None
    above = terms.test(section.asked) if section and section.asked else None
    if isinstance(asked, Group):
        by_id = {one.id: one for one in asked.fields}
        rows = tuple(_node(terms, by_id[id_], None) for id_ in in_order(waits_in_row(asked))[0])
        return Node(asked, above, test, None, None, rows)
    if isinstance(asked, Computed):
        return Node(asked, above, test, None, terms.rounded(asked.value, asked.places))
    return Node(asked, above, test, judge_of(asked), None)


def _rule(terms: Terms, check: Check, group_of: Mapping[str, str]) -> Rule:
    roots = [root for root in (check.holds, check.when) if root]
    used = [field_of(term) or "" for root in roots for _, term in walk(root) if not isinstance(term, Total)]
    group = next((group_of[name] for name in used if name in group_of), None)
    return Rule(check, terms.test(check.holds), terms.test(check.when) if check.when else None, group)


def _followers(waits: Mapping[str, frozenset[str]], order: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what directly follows from each field, in the order in which it is run."""
    found: dict[str, list[str]] = {id_: [] for id_ in order}
    for id_ in order:
        for other in waits[id_]:
            found[other].append(id_)
    return {id_: tuple(others) for id_, others in found.items()}


class Sheet:
    """Answers under work: what was found of each field, kept so that a change runs only what follows from it."""

    def __init__(self, program: Program, answers: Answers, today: date, held: Sequence[str] = ()) -> None:
        self.program, self.today, self.held = program, today, frozenset(held)
        self.answers = dict(answers)
        self.sound: Row = {}
        self.filled: set[str] = set()
        self.found: dict[str, Found] = {}
        self.broken: list[tuple[Fault, ...]] = [()] * len(program.rules)
        for id_ in program.order:
            self._run(id_)
        for number in range(len(program.rules)):
            self._judge(number)

    def change(self, id_: str, value: object) -> frozenset[str]:
        """Change one answer (``None``: none any more); return the fields outside groups that were run again."""
        self.answers[id_] = value
        program, due, ran = self.program, {id_}, set[str]()
        for one in program.order[program.order.index(id_) :]:
            if one not in due:
                continue
            before = self.found[one]
            self._run(one)
            ran.add(one)
            after = self.found[one]
            if (before.asked, before.sound, before.kept) != (after.asked, after.sound, after.kept):
                due.update(program.followers[one])
        for number in sorted({number for one in ran for number in program.rules_of[one]}):
            self._judge(number)
        return frozenset(ran)

    def _run(self, id_: str) -> None:
        node = self.program.nodes[id_]
        found = self._find(node)
        self.found[id_] = found
        self.sound[id_] = found.sound
        if found.asked and not is_empty(found.kept):
            self.filled.add(id_)
        else:
            self.filled.discard(id_)

    def _find(self, node: Node) -> Found:
        top = self.sound
        for test in (node.section, node.asked):
            if test is not None and test(top, top, self.filled, self.filled, self.today) is not True:
                return Found()
        if isinstance(node.field, Group):
            return self._rows(node, node.field)
        if node.compute is not None:
            return _computed(node.field.id, node.compute(top, top, self.filled, self.filled, self.today))
        return _answered(node, self.answers.get(node.field.id), self.today, node.field.id in self.held)

    def _rows(self, node: Node, group: Group) -> Found:
        given = self.answers.get(group.id)
        if is_empty(given):
            wrong = (Fault(group.id, "rows", None, _most(group)),) if group.required and group.least else ()
            return Found(True, None, None, wrong)
        if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
            return Found(True, None, None, (Fault(group.id, "rows", None, _most(group)),))
        if not group.least <= len(given) <= group.most:
            return Found(True, given[: group.most], None, (Fault(group.id, "rows", None, _most(group)),))
        faults: list[Fault] = []
        kept, sound, shown = [], [], []
        for number, row in enumerate(given):
            one, usable, asked = self._row(node, number, row, faults)
            kept.append(one)
            sound.append(usable)
            shown.append(asked)
        return Found(True, kept, sound, tuple(faults), tuple(shown))

    def _row(
        self, node: Node, number: int, row: Mapping[str, object], faults: list[Fault]
    ) -> tuple[dict[str, object], Row, frozenset[str]]:
        kept: dict[str, object] = {}
        sound: Row = {}
        filled: set[str] = set()
        asked = set()
        wrong: dict[str, Fault] = {}
        for inner in node.rows:
            id_ = inner.field.id
            if inner.asked and inner.asked(self.sound, sound, self.filled, filled, self.today) is not True:
                continue
            asked.add(id_)
            if inner.compute is not None:
                found = _computed(id_, inner.compute(self.sound, sound, self.filled, filled, self.today))
            else:
                found = _answered(inner, row.get(id_), self.today, held=False)
            sound[id_] = found.sound
            if not is_empty(found.kept):
                kept[id_] = found.kept
                filled.add(id_)
            for fault in found.faults:
                wrong[id_] = Fault(id_, fault.code, number, fault.facts)
        known = {inner.field.id for inner in node.rows}
        faults += [Fault(node.field.id, UNKNOWN_FIELD, number) for one in row if one not in known]
        group = node.field
        assert isinstance(group, Group)
        faults += [wrong[one.id] for one in group.fields if one.id in wrong]
        sound[FILLED] = filled
        ordered = {one.id: kept[one.id] for one in group.fields if one.id in kept}
        return ordered, sound, frozenset(asked)

    def _judge(self, number: int) -> None:
        rule = self.program.rules[number]
        if rule.group is None:
            broken = self._broken(rule, self.sound, self.filled)
            self.broken[number] = (_fault(rule, None),) if broken else ()
            return
        rows = self.sound.get(rule.group)
        faults = []
        for place, row in enumerate(rows if isinstance(rows, list) else ()):
            if self._broken(rule, row, row[FILLED]):
                faults.append(_fault(rule, place if rule.check.at in self.program.group_of else None))
        self.broken[number] = tuple(faults)

    def _broken(self, rule: Rule, row: Row, filled: set[str]) -> bool:
        given = (self.sound, row, self.filled, filled, self.today)
        return (rule.when is None or rule.when(*given) is True) and rule.holds(*given) is False

    def outcome(self) -> Outcome:
        """Return what was found, as one piece."""
        program, found = self.program, self.found
        asked = {id_ for id_, one in found.items() if one.asked}
        sections = {
            section.id for section in program.sections
            if section.asked is None or any(one.id in asked for one in section.fields)
        }  # fmt: skip
        faults = [fault for one in found.values() for fault in one.faults]
        wrong = {(fault.field, fault.row) for fault in faults}  # what is wrong in itself is told alone
        faults += [
            fault
            for broken in self.broken
            for fault in broken
            if program.group_of.get(fault.field, fault.field) in asked and (fault.field, fault.row) not in wrong
        ]
        faults += [Fault(str(id_)[:48], UNKNOWN_FIELD) for id_ in self.answers if id_ not in program.nodes]
        faults.sort(key=lambda one: (_place(program, one), one.row or 0))
        kept = {id_: found[id_].kept for id_ in program.nodes if id_ in asked and not is_empty(found[id_].kept)}
        rows = {id_: one.shown for id_, one in found.items() if one.shown}
        return Outcome(kept, tuple(faults), frozenset(asked | sections), rows)


def _answered(node: Node, value: object, today: date, held: bool) -> Found:
    asked = node.field
    if is_empty(value):
        if not asked.required:
            return Found(True)
        return Found(True, faults=(Fault(asked.id, "agree" if isinstance(asked, Declaration) else "required"),))
    assert node.judge is not None
    wrong = None if held else node.judge(value, today)
    if wrong is None:
        return Found(True, value, value)
    return Found(True, value, None, (Fault(asked.id, wrong[0], None, wrong[1]),))


def _computed(id_: str, value: int | None) -> Found:
    if value is not None and abs(value) > MOST_NUMBER:
        return Found(True, faults=(Fault(id_, "too_large"),))
    return Found(True, value, value)


def _most(group: Group) -> dict[str, int | str]:
    return {"least": group.least, "most": group.most}


def _fault(rule: Rule, row: int | None) -> Fault:
    return Fault(rule.check.at, "check", row, {"check": rule.check.id})


def _place(program: Program, fault: Fault) -> tuple[int, int]:
    """Return where a fault comes in the order of the form: those of a group's fields row by row, after the group."""
    group = program.group_of.get(fault.field)
    own = program.places.get(fault.field, len(program.places))
    return (own, 0) if group is None else (program.places[group], own)
