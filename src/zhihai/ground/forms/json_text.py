"""JSON read so that every value knows its line and column: whoever wrote a definition is told where it is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias

Path: TypeAlias = "tuple[str, ...]"
MOST_CHARACTERS, MOST_DEPTH, LONGEST_NUMBER = 512 * 1024, 64, 20
BLANK = re.compile(r"[ \t\n\r]*")
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
WORDS = {"true": True, "false": False, "null": None}


class Unreadable(ValueError):
    """This text is no JSON that we take: ``code`` says why (words ``forms.flaw.<code>``), ``at`` is a character."""

    def __init__(self, code: str, at: int) -> None:
        super().__init__(f"{code} at character {at}")
        self.code, self.at = code, at


@dataclass(slots=True)
class Read:
    """A value, and where each of its parts begins in the text it was read from."""

    text: str = field(repr=False)
    value: object = None
    marks: dict[Path, int] = field(default_factory=dict, repr=False)

    def line_of(self, path: Path) -> tuple[int, int]:
        """Return line and column, from 1 on, of a part, or of the nearest around it that there is."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.position(self.marks.get(path, 0))

    def position(self, at: int) -> tuple[int, int]:
        """Return line and column, from 1 on, of a character."""
        before = self.text[:at]
        return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def read_json(text: str) -> Read:
    """Read a JSON text (RFC 8259). Raises :class:`Unreadable`.

    Also for one that is too long or too deep, names a member twice or has a number of more than twenty characters.
    """
    if len(text) > MOST_CHARACTERS:
        raise Unreadable("long_text", 0)
    reader = _Reader(text)
    reader.read.value = reader.value(())
    reader.skip()
    if reader.at != len(text):
        raise Unreadable("more_text", reader.at)
    return reader.read


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.read = text, 0, Read(text)

    def skip(self) -> None:
        found = BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def value(self, path: Path) -> object:
        self.skip()
        self.read.marks[path] = self.at
        if len(path) > MOST_DEPTH:
            raise Unreadable("deep_text", self.at)
        char = self.text[self.at : self.at + 1]
        if char == "{":
            return self._object(path)
        if char == "[":
            return self._array(path)
        if char == '"':
            return self._string()
        return self._scalar()

    def _string(self) -> str:
        found = STRING.match(self.text, self.at)
        if found is None:
            raise Unreadable("string", self.at)
        self.at = found.end()
        text = str(json.loads(found[0]))
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise Unreadable("string", found.start())
        return text

    def _scalar(self) -> object:
        for word, value in WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        found = NUMBER.match(self.text, self.at)
        if found is None or len(found[0]) > LONGEST_NUMBER:
            raise Unreadable("no_value", self.at)
        self.at = found.end()
        number: object = json.loads(found[0])
        return number

    def _object(self, path: Path) -> dict[str, object]:
        made: dict[str, object] = {}
        self.at += 1
        while self._more("}", first=not made):
            self.skip()
            if self.text[self.at : self.at + 1] != '"':
                raise Unreadable("no_name", self.at)
            began = self.at
            name = self._string()
            if name in made:
                raise Unreadable("name_twice", began)
            self._take(":")
            made[name] = self.value((*path, name))
        return made

    def _array(self, path: Path) -> list[object]:
        made: list[object] = []
        self.at += 1
        while self._more("]", first=not made):
            made.append(self.value((*path, str(len(made)))))
        return made

    def _more(self, end: str, *, first: bool) -> bool:
        """Step over a comma and say that more follows, or over the end and say that nothing does."""
        self.skip()
        if self.text[self.at : self.at + 1] == end:
            self.at += 1
            return False
        if not first:
            self._take(",")
        return True

    def _take(self, char: str) -> None:
        self.skip()
        if self.text[self.at : self.at + 1] != char:
            raise Unreadable("punctuation", self.at)
        self.at += 1
