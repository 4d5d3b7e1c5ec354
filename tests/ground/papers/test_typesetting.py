"""Papers: what they say can be read again, nothing that people wrote is markup, the same paper is the same bytes."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from zhihai.ground.papers import typesetting
from zhihai.ground.papers.typesetting import Page, Section, typeset
from zhihai.ground.refusal import Refused

PAPER = Page(
    language="zh", title="受理通知书", number="编号：LS-1", addressee="曾示例：", lines=("本机关决定予以受理。",),
    sections=(Section("申请事项", (("事由", "更换路牌"),)),), office="示例区", day="2014年2月18日", notes=("演示",),
    foot=("验证码",),
)  # fmt: skip


@pytest.fixture(autouse=True)
def typeface() -> None:
    if not typesetting.typefaces():
        pytest.skip("no typeface with Chinese characters on this machine")


AT = datetime(2014, 2, 18, tzinfo=UTC)


def read(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_all_that_it_says_is_there_and_it_is_the_same_each_time() -> None:
    content = typeset((PAPER,), at=AT)
    said = squeezed(read(content))
    for text in (
        "受理通知书",
        "LS-1",
        "曾示例：",
        "本机关决定予以受理。",
        "更换路牌",
        "示例区",
        "2014年2月18日",
        "演示",
        "验证码",
    ):
        assert squeezed(text) in said
    assert typeset((PAPER,), at=AT) == content
    assert typeset((PAPER,), at=AT.replace(year=2015)) != content, "it says of itself when it was made"


def test_it_is_kept_for_decades_and_read_aloud() -> None:
    """PDF/A, with tags, its language and its title."""
    reader = PdfReader(io.BytesIO(typeset((PAPER,), at=AT)))
    assert b"pdfaid:part" in reader.trailer["/Root"]["/Metadata"].get_data()  # type: ignore[index]
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert root["/Lang"] == "zh-CN"  # type: ignore[index]
    assert reader.metadata is not None
    assert reader.metadata.title == "受理通知书"


def test_each_language_begins_a_sheet() -> None:
    english = Page(language="en", title="Notice of acceptance", lines=("It is accepted.",))
    pages = PdfReader(io.BytesIO(typeset((PAPER, english), at=AT))).pages
    assert ["受理通知书" in pages[0].extract_text(), "It is accepted" in pages[1].extract_text()] == [True, True]


@pytest.mark.parametrize(
    "text", ['#read("/etc/passwd")', "$x^2$ *b* _i_ @a <b>", "// 注释", "\\", "#sys.inputs", '"}],"']
)
def test_what_people_wrote_is_no_markup(text: str) -> None:
    assert squeezed(text) in squeezed(read(typeset((Page(language="zh", title="t", lines=(text,)),), at=AT)))


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=200))
def test_nothing_that_people_write_keeps_a_paper_from_being_made(text: str) -> None:
    page = Page(language="zh", title="t", addressee=text, lines=(text,), sections=(Section("s", ((text, text),)),))
    assert typeset((page,), at=AT).startswith(b"%PDF-")


def test_without_a_typeface_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "typefaces", lambda: ())
    with pytest.raises(Refused) as refused:
        typeset((PAPER,), at=AT)
    assert refused.value.code == "no_typeface"
