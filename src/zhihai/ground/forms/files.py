"""What a file is, by opening it and never by its name; and what makes one dangerous to whoever opens it next.

Images are opened by Pillow, PDF by pypdf, office documents (DOCX, XLSX, OFD) as the archives they are. A file that is
two things at once, runs something, or unfolds to more than it should is refused.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from zhihai.ground.forms.fields import MEBIBYTE, FileType
from zhihai.ground.refusal import Refused

MOST_PIXELS = 100_000_000
MOST_MEMBERS, MOST_UNPACKED, MOST_RATIO, RATIO_FROM = 2000, 200 * MEBIBYTE, 150, MEBIBYTE
MOST_OBJECTS = 100_000
NAME_CHARACTERS = 120
SUFFIXES: dict[FileType, tuple[str, ...]] = {
    "pdf": (".pdf",), "jpeg": (".jpg", ".jpeg"), "png": (".png",), "docx": (".docx",), "xlsx": (".xlsx",),
    "ofd": (".ofd",),
}  # fmt: skip
MEDIA: dict[FileType, str] = {
    "pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "ofd": "application/ofd",
}  # fmt: skip
ACTIVE = frozenset({"/JavaScript", "/JS", "/Launch", "/RichMedia", "/EmbeddedFile", "/EmbeddedFiles", "/XFA", "/Movie"})
"""Names in a PDF by which it does something, or carries another file (ISO 32000-2, 12.6 and 7.11.4)."""
RUNS = ("vbaproject", "activex", "oleobject", ".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".scr", ".ps1")


def file_name(written: str) -> str:
    """Return the name of a file as it is kept and shown: without folders and control characters, not too long."""
    last = written.replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in last if char.isprintable() and char not in '"<>|:*?').strip(" .")
    if len(plain) <= NAME_CHARACTERS:
        return plain or "-"
    suffix = PurePosixPath(plain).suffix[:10]
    return plain[: NAME_CHARACTERS - len(suffix)] + suffix


def suited(name: str, sort: FileType) -> str:
    """Return the name with the ending of what the file is: nobody opens an image as a program."""
    return name if name.lower().endswith(SUFFIXES[sort]) else f"{name}{SUFFIXES[sort][0]}"


def type_of(content: bytes, name: str, types: Collection[FileType]) -> FileType:
    """Return what a file is. Raises ``Refused`` naming the file and what is wrong with it.

    ``file_empty``, ``file_type`` (none of ``types``), ``file_broken``, ``file_double`` (two things at once),
    ``file_active`` (macros, scripts, embedded files), ``file_locked`` (a password), ``file_bomb``.
    """
    if not content:
        raise Refused("file_empty", name=name)
    found = _opened(content, name)
    if found is None or found not in types:
        raise Refused("file_type", name=name, types=" ".join(one.upper() for one in types))
    return found


def _opened(content: bytes, name: str) -> FileType | None:
    if content.startswith(b"%PDF-"):
        return _pdf(content, name)
    if content.startswith(b"\xff\xd8\xff"):
        return _image(content, name, "jpeg")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _image(content, name, "png")
    return _archive(content, name) if content.startswith(b"PK\x03\x04") else None


def _image(content: bytes, name: str, sort: FileType) -> FileType:
    end = content.rstrip(b"\0")
    whole = end.endswith(b"\xff\xd9") if sort == "jpeg" else content.endswith(b"IEND\xaeB`\x82")
    if not whole or b"%PDF-" in content[:1024] or zipfile.is_zipfile(io.BytesIO(content)):
        raise Refused("file_double", name=name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=[sort.upper()]) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Refused("file_bomb", name=name)
                image.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("file_bomb", name=name) from None
    except (OSError, SyntaxError, ValueError, Warning):  # Pillow's ways of saying that it is none
        raise Refused("file_broken", name=name) from None
    return sort


def _pdf(content: bytes, name: str) -> FileType:
    if content[content.rfind(b"%%EOF") + 5 :].strip() or zipfile.is_zipfile(io.BytesIO(content)):
        raise Refused("file_double", name=name)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Refused("file_locked", name=name)
        if len(reader.pages) < 1:
            raise Refused("file_broken", name=name)
        active = any(_acts(reader, number) for number in _objects(reader, name))
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OSError):
        raise Refused("file_broken", name=name) from None
    if active:
        raise Refused("file_active", name=name)
    return "pdf"


def _objects(reader: PdfReader, name: str) -> Iterator[int]:
    found = {number for generation in reader.xref.values() for number in generation} | set(reader.xref_objStm)
    if len(found) > MOST_OBJECTS:
        raise Refused("file_bomb", name=name)
    return iter(found)


def _acts(reader: PdfReader, number: int) -> bool:
    """Say whether an object of a PDF names something that acts, anywhere within it."""
    left: list[object] = [reader.get_object(IndirectObject(number, 0, reader))]
    while left:
        one = left.pop()
        if isinstance(one, DictionaryObject):
            if ACTIVE.intersection(one.keys()) or str(one.get("/S", "")) in ACTIVE or str(one.get("/Type")) in ACTIVE:
                return True
            left.extend(one.raw_get(key) for key in one)
        elif isinstance(one, ArrayObject):
            left.extend(list.__iter__(one))
    return False


def _archive(content: bytes, name: str) -> FileType | None:
    if content[-22:-18] != b"PK\x05\x06" or b"%PDF-" in content[:1024]:
        raise Refused("file_double", name=name)  # something follows the archive, or goes before it
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _refuse_bomb(members, name)
            if any(one.flag_bits & 1 for one in members):
                raise Refused("file_locked", name=name)
            if archive.testzip() is not None:
                raise Refused("file_broken", name=name)
            names = [one.filename for one in members]
            declared = archive.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError, EOFError):
        raise Refused("file_broken", name=name) from None
    if any(part in one.lower() for one in names for part in RUNS) or b"macroenabled" in declared.lower():
        raise Refused("file_active", name=name)
    marks: dict[str, FileType] = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "OFD.xml": "ofd"}
    found = [sort for mark, sort in marks.items() if mark in names]
    return found[0] if len(found) == 1 and (declared or found[0] == "ofd") else None


def _refuse_bomb(members: list[zipfile.ZipInfo], name: str) -> None:
    unpacked = sum(one.file_size for one in members)
    tight = any(one.file_size > RATIO_FROM and one.file_size > MOST_RATIO * one.compress_size for one in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or tight:
        raise Refused("file_bomb", name=name)
    if any(one.filename.startswith("/") or ".." in PurePosixPath(one.filename).parts for one in members):
        raise Refused("file_broken", name=name)
    if len({one.filename for one in members}) != len(members):
        raise Refused("file_double", name=name)
