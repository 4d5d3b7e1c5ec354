"""What is attached is told by its content; what is two things at once, acts or unfolds without end is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
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
