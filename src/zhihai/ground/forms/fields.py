"""What a form asks: fields of each sort, sections, repeating groups, and rules between answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from zhihai.ground.forms.language import Condition, Quantity
from zhihai.ground.kind import Kind

Grade = Literal["public", "internal", "personal", "sensitive"]
"""Who may see an answer (敏感级别): anybody, officials, who works on it, masked even then."""
GRADES: tuple[Grade, ...] = get_args(Grade)
FileType = Literal["pdf", "jpeg", "png", "docx", "xlsx", "ofd"]
"""What may be attached. ``ofd`` is the document format of Chinese offices (GB/T 33190-2016)."""
FILE_TYPES: tuple[FileType, ...] = get_args(FileType)
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Kind):
    """Something that is asked (字段). Words: ``form.<form>.<id>.name``, and where there is help ``….<id>.help``.

    ``asked`` is the condition under which it is, ``None`` always. ``grade`` says who may see the answer. ``known``
    names what the government may hold already (``identity.person.name``): the answer then comes from there, and
    its source is shown.
    """

    required: bool = True
    asked: Condition | None = None
    grade: Grade = "personal"
    known: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """One line of text, or several where it is ``long``; ``least`` to ``most`` characters."""

    least: int = 1
    most: int = 200
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A number kept as an integer of its smallest step: with two ``places`` 12.5 is kept as 1250.

    ``least`` and ``most`` are of the smallest step too. Where it has a ``unit`` its words are ``….<id>.unit``.
    """

    least: int = 0
    most: int = 10**12
    places: int = 0
    unit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Field):
    """An amount in yuan, kept in cents (分)."""

    places: ClassVar[int] = 2
    least: int = 0
    most: int = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class DayField(Field):
    """A day, kept as ISO 8601. ``least`` and ``most`` are days from today on: ``most`` 0 is not later than today."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of several options. Words of an option: ``….<id>.option.<option>``."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Field):
    """Any of several options, ``least`` to ``most`` of them, kept in the order of the options."""

    options: tuple[str, ...]
    least: int = 1
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Field):
    """Yes or no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenNumber(Field):
    """A citizen's identity number (公民身份号码, GB 11643): its check digit must fit."""

    grade: Grade = "sensitive"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCode(Field):
    """A unified social credit code (统一社会信用代码, GB 32100): its check character must fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone(Field):
    """A telephone number: a Chinese mobile or fixed one, or one with a country code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(Field):
    """An e-mail address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Field):
    """An address: the code of a street or town of the district where it lies in it, and the rest in words."""

    most: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Files(Field):
    """Attachments (附件): of these types, each of at most ``size`` bytes, ``least`` to ``most`` of them."""

    types: tuple[FileType, ...] = FILE_TYPES
    size: int = 10 * MEBIBYTE
    least: int = 1
    most: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration(Field):
    """A statement that must be agreed to (承诺、声明). Its words: ``….<id>.text``."""

    grade: Grade = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed(Field):
    """A number that nobody writes: it follows from other answers, rounded half up to its ``places``.

    Where it has a ``unit`` its words are ``….<id>.unit``; ``money`` has two places, and is shown in yuan.
    """

    value: Quantity
    places: int = 0
    unit: bool = False
    money: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Field):
    """Fields that are answered several times over (重复项): ``least`` to ``most`` rows; no group stands in a group."""

    fields: tuple[Field, ...]
    least: int = 1
    most: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Kind):
    """Fields that belong together (分节). Words: ``form.<form>.<id>.name``, and where there is any ``….<id>.what``."""

    fields: tuple[Field, ...]
    asked: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Kind):
    """What must hold between answers (校验规则). Words: ``form.<form>.check.<id>``, what is wrong and what to do.

    Looked at where ``when`` is true; broken where ``holds`` is false. ``at`` is the field the fault is shown at. One
    about fields of a group is looked at for each row.
    """

    holds: Condition
    at: str
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A field with where it stands: its section, and its group where it is in one; ``path`` leads to it."""

    field: Field
    section: Section
    group: Group | None
    path: tuple[str, ...]


def placed(sections: tuple[Section, ...]) -> Iterator[Placed]:
    """Yield every field of a form in order, those of a group after the group itself."""
    for number, section in enumerate(sections):
        for place, field in enumerate(section.fields):
            path = ("sections", str(number), "fields", str(place))
            yield Placed(field, section, None, path)
            if isinstance(field, Group):
                for inner, one in enumerate(field.fields):
                    yield Placed(one, section, field, (*path, "fields", str(inner)))
