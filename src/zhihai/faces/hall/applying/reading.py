"""What a form's page brings, as answers: each field by its name, rows of a group by their place."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import QueryDict

from zhihai.faces.request import whole
from zhihai.ground.forms.fields import Address, Computed, Field, Files, Group
from zhihai.ground.forms.values import read_answer
from zhihai.kernel.forms import reads as forms

ROWS = "rows"
"""After a group's name and a dot: how many rows the page had."""


def answers_of(form: forms.Form, posted: QueryDict) -> dict[str, object]:
    """Return the answers of a posted page; whatever the form does not ask for is not looked at."""
    answers: dict[str, object] = {}
    for id_, node in form.program.nodes.items():
        asked = node.field
        if isinstance(asked, Computed | Files):  # reckoned here, and attached by an act of their own
            continue
        value = _rows(asked, posted) if isinstance(asked, Group) else _answer(asked, id_, posted)
        if value is not None:
            answers[id_] = value
    return answers


def _answer(asked: Field, name: str, posted: QueryDict) -> object:
    if isinstance(asked, Address):
        return read_answer(asked, [posted.get(f"{name}.area", ""), posted.get(f"{name}.detail", "")])
    return read_answer(asked, posted.getlist(name))


def _rows(group: Group, posted: QueryDict) -> list[dict[str, object]] | None:
    count = min(whole(posted.get(f"{group.id}.{ROWS}"), 4) or 0, group.most)
    rows = []
    for number in range(count):
        row = {one.id: _answer(one, f"{group.id}.{number}.{one.id}", posted) for one in group.fields}
        rows.append({id_: value for id_, value in row.items() if value is not None})
    return rows or None


def changed_rows(form: forms.Form, answers: Mapping[str, object], what: str) -> dict[str, object]:
    """Return answers with a row more (``add:group``) or one less (``remove:group:1``)."""
    verb, _, rest = what.partition(":")
    id_, _, number = rest.partition(":")
    node = form.program.nodes.get(id_)
    if node is None or not isinstance(node.field, Group):
        return dict(answers)
    given = answers.get(id_)
    rows = list(given) if isinstance(given, list) else []
    if verb == "add":
        rows = (rows or [{} for _ in range(node.field.least)] or [{}]) + ([{}] if rows else [])
    else:
        place = whole(number, 4)
        rows = [row for at, row in enumerate(rows) if at != place]
    return {**answers, id_: rows[: node.field.most]}
