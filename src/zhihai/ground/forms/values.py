"""Answers: what each sort of field is kept as, whether one is right in itself, and how what was written is read.

Answers are a JSON object by the ids of fields. Text, options, days and numbers of people are texts; numbers and amounts
integers of their smallest step; yes or no and declarations booleans; several choices and files lists of texts; an
address an object of ``area`` and ``detail``; a group a list of objects. What is not answered is not there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from datetime import date
from typing import TypeAlias

from stdnum.cn import ric

from zhihai.ground.forms.fields import (
    Address,
    Choice,
    Choices,
    CitizenNumber,
    CreditCode,
    DayField,
    Declaration,
    Email,
    Field,
    Files,
    Money,
    Number,
    Phone,
    Text,
    YesNo,
)
from zhihai.ground.identifiers.organisation import read_credit_code
from zhihai.ground.identifiers.writing import plain
from zhihai.ground.refusal import Refused

Answers: TypeAlias = Mapping[str, object]
EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9\u4e00-\u9fff-]+(\.[A-Za-z0-9\u4e00-\u9fff-]+)+")
PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{9,11}|\+[1-9][0-9]{6,14}")
CITIZEN = re.compile(r"[0-9]{17}[0-9X]")
AREA = re.compile(r"[0-9A-Za-z-]{1,20}")
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
WRITTEN_NUMBER = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,6}))?")
EXACT = 2**53 - 1
"""What goes beyond stays as it was written: a page reads whole numbers exactly up to here (RFC 8259, 6)."""
GROUPED = re.compile(r"(?<=[0-9]),(?=[0-9]{3})")
MOST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer: ``field`` is its id, ``row`` the place in its group from 0 on.

    Words: ``forms.fault.<code>``, filled by ``facts``; of the code ``check`` the form's own, of the rule that ``facts``
    names.
    """

    field: str
    code: str
    row: int | None = None
    facts: Mapping[str, int | str] = member(default_factory=dict)


Wrong: TypeAlias = tuple[str, dict[str, int | str]] | None
"""The code and the facts of what is wrong with an answer, ``None`` where it is right."""
Judge: TypeAlias = Callable[[object, date], Wrong]


def is_empty(value: object) -> bool:
    """Say whether this is no answer: nothing, an empty text, list or object, a declaration not agreed to."""
    if isinstance(value, dict):
        return not any(value.values())
    return value is None or value in ("", [], ())


def _text(asked: Text) -> Judge:
    def judge(value: object, today: date) -> Wrong:
        if not isinstance(value, str) or _unprintable(value, long=asked.long):
            return "text", {}
        if not asked.least <= len(value) <= asked.most:
            return "length", {"least": asked.least, "most": asked.most, "n": len(value)}
        return None

    return judge


def _unprintable(text: str, *, long: bool) -> bool:
    return any((char < " " and not (long and char in "\n\t")) or "\x7f" <= char <= "\x9f" for char in text)


def _whole(asked: Number | Money) -> Judge:
    code = "money" if isinstance(asked, Money) else "number"
    facts: dict[str, int | str] = {
        "least": shown_number(asked.least, asked.places), "most": shown_number(asked.most, asked.places)
    }  # fmt: skip

    def judge(value: object, today: date) -> Wrong:
        if not isinstance(value, int) or isinstance(value, bool):
            return code, {"places": asked.places}
        return None if asked.least <= value <= asked.most else ("range", facts)

    return judge


def _day(asked: DayField) -> Judge:
    def judge(value: object, today: date) -> Wrong:
        given = day_of(value)
        if given is None:
            return "day", {}
        if asked.least is not None and given < (first := later(today, asked.least)):
            return "day_before", {"day": first.isoformat()}
        if asked.most is not None and given > (last := later(today, asked.most)):
            return "day_after", {"day": last.isoformat()}
        return None

    return judge


def later(day: date, days: int) -> date:
    """Return the day so many days after another, at most the first or last there is."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def day_of(value: object) -> date | None:
    """Return the day that a text is in ISO 8601, ``None`` for anything else."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    return found if found.isoformat() == value else None


def _choice(asked: Choice) -> Judge:
    options = frozenset(asked.options)
    return lambda value, today: None if isinstance(value, str) and value in options else ("option", {})


def _choices(asked: Choices) -> Judge:
    options, most = frozenset(asked.options), asked.most or len(asked.options)

    def judge(value: object, today: date) -> Wrong:
        if not isinstance(value, list) or not all(isinstance(one, str) and one in options for one in value):
            return "option", {}
        if len(set(value)) != len(value) or not asked.least <= len(value) <= most:
            return "options", {"least": asked.least, "most": most}
        return None

    return judge


def _files(asked: Files) -> Judge:
    def judge(value: object, today: date) -> Wrong:
        if not isinstance(value, list) or not all(isinstance(one, str) and KEY.fullmatch(one) for one in value):
            return "file", {}
        if len(set(value)) != len(value) or not asked.least <= len(value) <= asked.most:
            return "files", {"least": asked.least, "most": asked.most}
        return None

    return judge


def _citizen(value: object, today: date) -> Wrong:
    if not isinstance(value, str) or not CITIZEN.fullmatch(value):
        return "citizen", {}
    return None if ric.calc_check_digit(value) == value[-1] else ("citizen_digit", {})


def _credit(value: object, today: date) -> Wrong:
    if not isinstance(value, str) or value != plain(value):
        return "credit", {}
    try:
        return None if read_credit_code(value).check_ok else ("credit_digit", {})
    except Refused:
        return "credit", {}


def _phone(value: object, today: date) -> Wrong:
    return None if isinstance(value, str) and PHONE.fullmatch(value) else ("phone", {})


def _email(value: object, today: date) -> Wrong:
    right = isinstance(value, str) and len(value) <= MOST_EMAIL and EMAIL.fullmatch(value)
    return None if right else ("email", {})


def _address(asked: Address) -> Judge:
    def judge(value: object, today: date) -> Wrong:
        if not isinstance(value, dict) or not value.keys() <= {"area", "detail"}:
            return "address", {}
        area, detail = value.get("area", ""), value.get("detail", "")
        if not isinstance(area, str) or not isinstance(detail, str) or (area and not AREA.fullmatch(area)):
            return "address", {}
        if not 2 <= len(detail) <= asked.most or _unprintable(detail, long=False):
            return "address_detail", {"least": 2, "most": asked.most}
        return None

    return judge


def _yes(value: object, today: date) -> Wrong:
    return None if isinstance(value, bool) else ("yes", {})


def _agreed(value: object, today: date) -> Wrong:
    return None if value is True else ("agree", {})


def judge_of(asked: Field) -> Judge:
    """Return what judges an answer to a field in itself. Groups and computed fields have none (``TypeError``)."""
    for sort, judge in (
        (CitizenNumber, _citizen), (CreditCode, _credit), (Phone, _phone), (Email, _email), (YesNo, _yes),
        (Declaration, _agreed),
    ):  # fmt: skip
        if isinstance(asked, sort):
            return judge
    if isinstance(asked, Text):
        return _text(asked)
    if isinstance(asked, Number | Money):
        return _whole(asked)
    if isinstance(asked, DayField):
        return _day(asked)
    if isinstance(asked, Choice):
        return _choice(asked)
    return _judge_of_several(asked)


def _judge_of_several(asked: Field) -> Judge:
    if isinstance(asked, Choices):
        return _choices(asked)
    if isinstance(asked, Files):
        return _files(asked)
    if isinstance(asked, Address):
        return _address(asked)
    raise TypeError(type(asked).__name__)


def shown_number(value: int, places: int) -> str:
    """Return a number of the smallest step as people write it: 1250 with two places is ``12.50``."""
    if not places:
        return str(value)
    digits = f"{abs(value):0{places + 1}d}"
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def read_answer(asked: Field, written: Sequence[str]) -> object:
    """Return the answer that texts of a page stand for, ``None`` for none; what can not be read stays the text it is.

    A text that is no number is thus kept in a draft, and found wrong when the form is checked.
    """
    texts = [_tidy(one, long=isinstance(asked, Text) and asked.long) for one in written]
    first = texts[0] if texts else ""
    if isinstance(asked, Choices):
        chosen = set(texts)
        return [one for one in asked.options if one in chosen] + sorted(chosen - {"", *asked.options}) or None
    if isinstance(asked, Files):
        return [one for one in texts if one] or None
    if isinstance(asked, YesNo):
        return {"yes": True, "no": False}.get(first, first or None)
    if isinstance(asked, Declaration):
        return True if first == "1" else None
    if isinstance(asked, Address):
        area, detail = (*texts, "", "")[:2]
        return {name: text for name, text in (("area", area), ("detail", detail)) if text} or None
    return _read_one(asked, first) if first else None


def _read_one(asked: Field, text: str) -> object:
    if isinstance(asked, CitizenNumber | CreditCode):
        return plain(text)
    if isinstance(asked, Phone):
        return re.sub(r"[\s()\uff08\uff09-]", "", unicodedata.normalize("NFKC", text)).removeprefix("+86")
    if isinstance(asked, Email):
        return unicodedata.normalize("NFKC", text)
    if isinstance(asked, Number | Money):
        return _read_number(text, asked.places)
    return text


def _read_number(text: str, places: int) -> int | str:
    found = WRITTEN_NUMBER.fullmatch(GROUPED.sub("", unicodedata.normalize("NFKC", text)))
    if found is None or len((found[3] or "").rstrip("0")) > places:
        return text
    fraction = (found[3] or "")[:places].ljust(places, "0")
    number = int(f"{found[1]}{found[2]}{fraction}")
    return number if abs(number) <= EXACT else text


def _tidy(text: str, *, long: bool) -> str:
    lined = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return lined if long else " ".join(lined.split())


def years_between(since: date, today: date) -> int:
    """Return full years from a day to today (周岁): whoever was born on 29 February turns a year on 1 March."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
