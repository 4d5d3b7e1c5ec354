"""What the government publishes, as anybody reads it, and as those write it who publish."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as Xml
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.faces.publishing import PUBLISHER, TITLE, WRITER, staged_attachment, staged_publication
from tests.kernel.forms.applying import a_png

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.reads import now

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _worked(worked: str) -> None:
    """Every test stands in the district at work, with one publication."""


def said(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_anybody_reads_it_with_its_clause_its_days_and_that_it_was_late(reader: Callable[..., Client]) -> None:
    here = f"/disclosure/{staged_publication()}"
    page = said(reader(), here)
    for part in (TITLE, "示水发〔2013〕7 号", "第二十条第三项", "2013-11-04", "2013-12-02", "逾期公开", "更正用水量"):
        assert part in page, part
    assert "<h2>总则</h2>" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript' not in page
    former = said(reader(language="en"), f"{here}/1")
    assert "This is a former version (1)" in former
    assert said(reader(), f"{here}/3", 404)  # the draft
    assert said(reader(), "/disclosure/999999", 404)


def test_the_list_finds_by_words_entry_office_and_year(reader: Callable[..., Client]) -> None:
    office = identity.organisation_by_code("990101-environment").id
    other = identity.organisation_by_code("990101-water").id
    kind = "government_information.plans"
    for query, there in (
        ("", True), ("?q=节约用水", True), ("?q=节约 卍", False), (f"?kind={kind}", True), ("?kind=no.such", True),
        ("?kind=government_information.norms", False), (f"?office={office}", True), (f"?office={other}", False),
        ("?year=2013", True), ("?year=2012", False), ("?year=x&office=x&after=x", True),
    ):  # fmt: skip
        assert (TITLE in said(reader(), f"/disclosure/{query}")) is there, query


def test_feeds_name_each_with_its_permanent_address(reader: Callable[..., Client]) -> None:
    atom = Xml.fromstring(said(reader(), "/disclosure/feed.atom"))
    (entry,) = atom.findall(f"{ATOM}entry")
    place = entry.findtext(f"{ATOM}id")
    assert place is not None
    assert place.endswith(f"/disclosure/{staged_publication()}")
    assert entry.findtext(f"{ATOM}title") == TITLE
    rss = Xml.fromstring(said(reader(), "/disclosure/feed.rss"))
    assert rss.findtext("channel/item/guid") == place
    assert said(reader(), "/disclosure/feed.atom?kind=government_information.norms").count("<entry>") == 0


def test_a_file_is_handed_out_and_never_opened_in_the_page(reader: Callable[..., Client]) -> None:
    here = f"/disclosure/{staged_publication()}"
    answer = reader().get(f"{here}/files/{staged_attachment()}")
    assert answer.content == a_png()
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert reader().get(f"{here}/files/guessed").status_code == 404
    assert reader().get(f"/disclosure/999/files/{staged_attachment()}").status_code == 404


def test_what_was_taken_down_tells_why_and_nothing_else(reader: Callable[..., Client]) -> None:
    made, file = staged_publication(), staged_attachment()
    acts.withdraw_publication(SYSTEM, made, "含有个人信息", readable=False, at=now())
    page = said(reader(), f"/disclosure/{made}")
    assert "含有个人信息" in page
    assert "节约用水" not in page + said(reader(), f"/disclosure/{made}/1")
    assert reader().get(f"/disclosure/{made}/files/{file}").status_code == 404
    assert TITLE not in said(reader(), "/disclosure/") + said(reader(), "/disclosure/feed.atom")


FORM = {
    "title": "新公告",
    "body": "内容。",
    "made_on": "2014-02-17",
    "number": "",
    "kind": "government_information.other",
}


def test_it_goes_from_writing_to_the_public_by_two(reader: Callable[..., Client]) -> None:
    writer, publisher = reader(WRITER), reader(PUBLISHER, "en")
    office = identity.organisation_by_code("990101").id
    begun = writer.post("/desk/publications/begin", {**FORM, "organisation": office})
    here = begun.headers["Location"]
    made = int(here.rpartition("/")[2])
    assert reader().get(f"/disclosure/{made}").status_code == 404
    file = SimpleUploadedFile("图.png", a_png())
    assert writer.post(f"{here}/attach", {"file": file}).status_code == 302
    assert publisher.post(f"{here}/review", {"revision": 1, "fit": "yes", "ground": "保密法"}).status_code == 409
    assert publisher.post(f"{here}/publish", {"revision": 2}).status_code == 422
    assert publisher.post(f"{here}/review", {"revision": 2, "fit": "yes", "ground": ""}).status_code == 422
    assert publisher.post(f"{here}/review", {"revision": 2, "fit": "yes", "ground": "保密法"}).status_code == 302
    assert publisher.post(f"{here}/publish", {"revision": 2}).status_code == 302
    assert "新公告" in said(reader(), f"/disclosure/{made}")
    assert [one.name for one in reads.publication(made, ZoneInfo("Asia/Shanghai")).files] == ["图.png"]
    again = {**FORM, "body": "内容改。", "reason": "", "revision": "0"}
    assert writer.post(f"{here}/write", again).status_code == 422
    assert writer.post(f"{here}/write", {**again, "reason": "补充"}).status_code == 302
    assert writer.post(f"{here}/write", {**again, "reason": "补充"}).status_code == 409, "from a page of before"
    assert writer.post(f"{here}/discard").status_code == 302
    assert publisher.post(f"{here}/withdraw", {"how": "repealed", "reason": "已办结"}).status_code == 302
    assert "No longer in force" in said(publisher, here)


def test_what_is_wrong_is_told_at_its_field_and_what_was_written_stays(reader: Callable[..., Client]) -> None:
    writer = reader(WRITER, "en")
    office = identity.organisation_by_code("990101").id
    for field, value in (("title", ""), ("body", " "), ("made_on", "2014-02-30"), ("made_on", "2099-01-01")):
        answer = writer.post(
            "/desk/publications/begin", {**FORM, "number": "号 7", "organisation": office, field: value}
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert f'id="f-{field}-wrong"' in page
        assert "号 7" in page
    here = f"/desk/publications/{staged_publication()}"
    assert writer.post(f"{here}/attach").status_code == 422
    double = SimpleUploadedFile("x.pdf", b"%PDF-1.4 no")
    assert writer.post(f"{here}/attach", {"file": double}).status_code == 422
