"""What a file is, by opening it and never by its name; and what makes one dangerous to whoever opens it next.

Images are opened by Pillow, PDF by pypdf, office documents (DOCX, XLSX, OFD) as the archives they are. A file that is
two things at once, runs something, or unfolds to more than it should is refused.
"""

from __future__ import annotations

import io
import lzma
import re
import stat
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath
from xml.etree import ElementTree

from PIL import Image
from pypdf import Configuration, PdfReader, apply_configuration
from pypdf.errors import LimitReachedError, PyPdfError
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
ACTIVE = frozenset(
    {
        "/JavaScript", "/JS", "/Launch", "/RichMedia", "/EmbeddedFile", "/EmbeddedFiles", "/XFA", "/Movie", "/AA",
        "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/OnInstantiate",
    }
)  # fmt: skip
"""Names in a PDF by which it does something, reaches or carries another file (ISO 32000-2, 12.6 and 7.11.4)."""
LEADS = frozenset({"/GoTo", "/Named"})
"""What a PDF may do of itself when it is opened: show another of its pages."""
UNFOLDING = Configuration(
    stream_decoding_work_maximum_length=8 * MEBIBYTE, zlib_maximum_output_length=32 * MEBIBYTE,
    lzw_maximum_output_length=4 * MEBIBYTE, run_length_maximum_output_length=4 * MEBIBYTE,
)  # fmt: skip
"""What the list of a PDF's objects may unfold to: pictures and pages are never unfolded here."""
LONG_HEX = re.compile(rb"<[0-9A-Fa-f\s]{1000000}")
"""A string that is read a digit at a time: fifteen million take as many seconds."""
RUNS = (
    "vbaproject", "activex", "oleobject", "macrosheets", ".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".scr", ".ps1",
    ".docm", ".xlsm", ".pptm", ".dotm", ".xltm", ".xlsb", ".xlam", ".zip", ".rar", ".7z", ".jar", ".hta", ".lnk",
    ".msi", ".wsf",
)  # fmt: skip
LINKS = ("/hyperlink", "/externalLinkPath")
"""What a document may lead to outside itself (ECMA-376-2, 6.5): what is opened by hand alone. A template, a picture or
an object from elsewhere is fetched when it is opened."""
LONGEST_LINKS = 4 * MEBIBYTE
NO_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, ElementTree.ParseError, NotImplementedError, OSError, ValueError,
    RuntimeError, EOFError,
)  # fmt: skip
"""How an archive that is damaged is told by whatever unpacks it."""


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
    if LONG_HEX.search(content):
        raise Refused("file_bomb", name=name)
    try:
        with apply_configuration(UNFOLDING):
            active = _active(content, name)
    except LimitReachedError:
        raise Refused("file_bomb", name=name) from None
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OSError):
        raise Refused("file_broken", name=name) from None
    if active:
        raise Refused("file_active", name=name)
    return "pdf"


def _active(content: bytes, name: str) -> bool:
    reader = PdfReader(io.BytesIO(content), xref_stream_maximum_entries=2 * MOST_OBJECTS)
    if reader.is_encrypted:
        raise Refused("file_locked", name=name)
    if len(reader.pages) < 1:
        raise Refused("file_broken", name=name)
    return any(_acts(reader, one) for one in _objects(reader, name))


def _objects(reader: PdfReader, name: str) -> Iterator[IndirectObject]:
    """Return every object, of whatever generation: what was written anew has another than the first."""
    found = {(number, generation) for generation, numbers in reader.xref.items() for number in numbers}
    found |= {(number, 0) for number in reader.xref_objStm}
    if len(found) > MOST_OBJECTS:
        raise Refused("file_bomb", name=name)
    return (IndirectObject(number, generation, reader) for number, generation in found)


def _acts(reader: PdfReader, asked: IndirectObject) -> bool:
    """Say whether an object of a PDF names something that acts, anywhere within it."""
    left: list[object] = [reader.get_object(asked)]
    while left:
        one = left.pop()
        if isinstance(one, DictionaryObject):
            if ACTIVE.intersection(one.keys()) or str(one.get("/S", "")) in ACTIVE or str(one.get("/Type")) in ACTIVE:
                return True
            if "/OpenAction" in one and _opens(one["/OpenAction"]):
                return True
            left.extend(one.raw_get(key) for key in one)
        elif isinstance(one, ArrayObject):
            left.extend(list.__iter__(one))
    return False


def _opens(action: object) -> bool:
    """Say whether what a PDF does when it is opened is more than to show one of its pages."""
    return isinstance(action, DictionaryObject) and ("/Next" in action or str(action.get("/S", "/GoTo")) not in LEADS)


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
            outside = b"<!" in declared or _fetches(archive, members, declared, name)
    except NO_ARCHIVE:
        raise Refused("file_broken", name=name) from None
    if outside or any(part in one.lower() for one in names for part in RUNS) or b"macroenabled" in declared.lower():
        raise Refused("file_active", name=name)
    marks: dict[str, FileType] = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "OFD.xml": "ofd"}
    found = [sort for mark, sort in marks.items() if mark in names]
    return found[0] if len(found) == 1 and (declared or found[0] == "ofd") else None


OVERRIDE = re.compile(rb"<Override\b[^>]*>")
PART = re.compile(rb'PartName="/?([^"]+)"')
INSTRUCTIONS = re.compile(rb'<w:instrText[^>]*>([^<]*)<|w:instr="([^"]*)"')
"""What a field of a text document is told to do, which may be written in several pieces."""


def _linked(declared: bytes) -> set[str]:
    """Return the parts that a workbook declares as links to elsewhere, whatever folder they lie in."""
    tags = [tag for tag in OVERRIDE.findall(declared.replace(b"\0", b"")) if b"externallink" in tag.lower()]
    return {part.decode(errors="replace").lower() for tag in tags for part in PART.findall(tag)}


def _asks_programs(archive: zipfile.ZipFile, one: zipfile.ZipInfo, name: str) -> bool:
    """Say whether a part asks another program for data when it is opened (DDE), by a link or by a field."""
    place = one.filename.lower()
    if place.startswith("word/"):
        found = INSTRUCTIONS.findall(archive.read(one).replace(b"\0", b"")) if place.endswith(".xml") else []
        return b"DDE" in b"".join(b"".join(pair) for pair in found).upper()
    if one.file_size > LONGEST_LINKS:
        raise Refused("file_bomb", name=name)
    return b"ddeLink" in archive.read(one).replace(b"\0", b"")


def _fetches(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], declared: bytes, name: str) -> bool:
    """Say whether something is fetched from elsewhere, or another program asked, when a document is opened."""
    linked = _linked(declared)
    for one in members:
        place = one.filename.lower()
        if place.endswith(".rels"):
            if one.file_size > LONGEST_LINKS:
                raise Refused("file_bomb", name=name)
            text = archive.read(one)
            if b"<!" in text.replace(b"\0", b"").replace(b"<!--", b""):
                return True  # entities: no program writes any here
            for link in ElementTree.fromstring(text).iter():
                if link.get("TargetMode", "").lower() == "external" and not link.get("Type", "").endswith(LINKS):
                    return True
        elif ("/embeddings/" in place and place.endswith(".bin")) or (
            (place in linked or place.startswith(("xl/externallinks/", "word/"))) and _asks_programs(archive, one, name)
        ):
            return True
    return False


def _refuse_bomb(members: list[zipfile.ZipInfo], name: str) -> None:
    unpacked = sum(one.file_size for one in members)
    tight = any(one.file_size > RATIO_FROM and one.file_size > MOST_RATIO * one.compress_size for one in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or tight:
        raise Refused("file_bomb", name=name)
    places = [PurePosixPath(one.filename.replace("\\", "/")) for one in members]
    if any(one.is_absolute() or ".." in one.parts for one in places):
        raise Refused("file_broken", name=name)
    if any(stat.S_ISLNK(one.external_attr >> 16) for one in members):
        raise Refused("file_broken", name=name)
    if len({one.filename for one in members}) != len(members):
        raise Refused("file_double", name=name)
