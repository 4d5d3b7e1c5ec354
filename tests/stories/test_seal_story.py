"""A document is sealed, altered and refused, its certificate revoked and told so: by pages, one file, OpenSSL."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect
from tests.faces.staging import KEEPER
from tests.stories.people import Enter

PROGRAM = Path(__file__).resolve().parents[2] / "docs" / "howto" / "verify_seal.py"
DOCUMENT = "关于湖滨路施工的批复：同意。\n".encode()
Verify = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a document, and one that somebody altered."""
    (tmp_path / "批复.txt").write_bytes(DOCUMENT)
    (tmp_path / "altered.txt").write_bytes(DOCUMENT.replace("同意".encode(), "不同意".encode()))
    return tmp_path


@pytest.fixture
def published(live: str, worked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform's address is where it is served."""
    monkeypatch.setattr("django.conf.settings.ZHIHAI_ORIGIN", live)


def seal(page: Page, live: str, files: Path) -> str:
    """Seal the document as its keeper does; returns the code that is shown."""
    page.goto(f"{live}/desk/seals/")
    page.get_by_label("文件", exact=True).set_input_files(files / "批复.txt")
    page.get_by_role("button", name="盖章").click()
    expect(page.get_by_role("alert")).to_contain_text("已盖章")
    with page.expect_download() as fetched:
        page.get_by_role("link", name="下载签名文件").click()
    fetched.value.save_as(files / "seal.p7s")
    return page.locator("dd .code").first.inner_text()


def check(page: Page, live: str, document: Path, signature: Path | None = None, code: str = "") -> str:
    """Check a document as anybody does who is not signed in; returns what the page says."""
    page.context.clear_cookies()
    page.goto(f"{live}/verify/")
    page.get_by_label("文件", exact=False).first.set_input_files(document)
    if signature is not None:
        page.get_by_label("签名文件").set_input_files(signature)
    if code:
        page.get_by_label("查验码").fill(code)
    page.get_by_role("button", name="查验").click()
    return page.get_by_role("alert").first.inner_text()


def fetch_published(live: str, files: Path) -> None:
    """Fetch what the authority publishes: the root, its list, and that of the issuing key."""
    for name in ("0.cer", "0.crl", "1.crl"):
        answer = requests.get(f"{live}/trust/{name}", timeout=10)
        assert answer.status_code == 200
        (files / name).write_bytes(answer.content)


def by_one_file(files: Path) -> Verify:
    """Verify with the program of the how-to."""

    def run(document: str) -> subprocess.CompletedProcess[str]:
        given = [files / name for name in (document, "seal.p7s", "0.cer", "0.crl", "1.crl")]
        return subprocess.run(
            [sys.executable, str(PROGRAM), *map(str, given)], capture_output=True, text=True, check=False
        )

    return run


def by_openssl(files: Path) -> Verify:
    """Verify as the how-to says, with the program ``openssl`` and nothing of ours."""

    def converted(sort: str, name: str) -> str:
        command = ["openssl", sort, "-inform", "DER", "-in", files / name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def run(document: str) -> subprocess.CompletedProcess[str]:
        trusted = converted("x509", "0.cer") + converted("crl", "0.crl") + converted("crl", "1.crl")
        (files / "trusted.pem").write_text(trusted)
        command = (
            "openssl cms -verify -cades -binary -inform DER -in seal.p7s -content",
            document, "-CAfile trusted.pem -crl_check_all -out /dev/null",
        )  # fmt: skip
        return subprocess.run(" ".join(command).split(), cwd=files, capture_output=True, text=True, check=False)

    return run


def asked_on_the_spot(files: Path, live: str) -> subprocess.CompletedProcess[str]:
    """Ask about the seal's certificate by OCSP, as the how-to says."""

    def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["openssl", *arguments], cwd=files, capture_output=True, text=True, check=False)

    printed = openssl("pkcs7", "-inform", "DER", "-in", "seal.p7s", "-print_certs").stdout
    for one in filter(str.strip, printed.split("\n\n")):
        (files / ("issuing.pem" if "Issuing CA" in one.partition("issuer=")[0] else "seal.pem")).write_text(one)
    (files / "root.pem").write_text(openssl("x509", "-inform", "DER", "-in", "0.cer").stdout)
    place = f"{live}/trust/ocsp"
    return openssl("ocsp", "-issuer", "issuing.pem", "-cert", "seal.pem", "-url", place, "-CAfile", "root.pem")


def test_a_document_is_sealed_altered_and_refused_and_its_certificate_revoked(
    published: None, enter: Enter, live: str, page: Page, files: Path
) -> None:
    enter(KEEPER, "/desk/seals/")
    code = seal(page, live, files)
    assert "有效" in check(page, live, files / "批复.txt", files / "seal.p7s")
    assert "有效" in check(page, live, files / "批复.txt")
    assert "有效" in check(page, live, files / "批复.txt", code=code)
    expect(page.get_by_text("平台日志第")).to_be_visible()
    assert "已被改动" in check(page, live, files / "altered.txt", files / "seal.p7s")
    assert "已被改动" in check(page, live, files / "altered.txt", code=code)
    assert "没有这份文件的用印记录" in check(page, live, files / "altered.txt")
    fetch_published(live, files)
    own = by_one_file(files)
    assert (own("批复.txt").returncode, own("altered.txt").returncode) == (0, 1)
    assert "NOT KNOWN" not in own("批复.txt").stdout
    assert "altered" in own("altered.txt").stdout

    enter("administrator", "/desk/certificates/")
    page.get_by_role("row").filter(has_text="单位印章").get_by_role("link").click()
    page.get_by_label("原因").select_option("key_compromise")
    page.get_by_label("依据").fill("安全事件 2026-11")
    page.get_by_role("button", name="吊销证书").click()
    expect(page.get_by_role("alert")).to_contain_text("证书已吊销")
    assert "已吊销" in check(page, live, files / "批复.txt", files / "seal.p7s")
    fetch_published(live, files)
    revoked = own("批复.txt")
    assert revoked.returncode == 1
    assert "keyCompromise" in revoked.stdout
    enter(KEEPER, "/desk/seals/")
    expect(page.get_by_text("您没有可用的印章")).to_be_visible()


def test_openssl_says_the_same(published: None, enter: Enter, live: str, page: Page, files: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("not run: there is no program openssl here")
    enter(KEEPER, "/desk/seals/")
    seal(page, live, files)
    fetch_published(live, files)
    theirs = by_openssl(files)
    good, altered = theirs("批复.txt"), theirs("altered.txt")
    assert good.returncode == 0, good.stderr
    assert "CAdES Verification successful" in good.stderr
    assert altered.returncode != 0
    told = asked_on_the_spot(files, live)
    assert ("Response verify OK" in told.stderr, "seal.pem: good" in told.stdout) == (True, True), told
    enter("administrator", "/desk/certificates/")
    page.get_by_role("row").filter(has_text="单位印章").get_by_role("link").click()
    page.get_by_label("原因").select_option("superseded")
    page.get_by_label("依据").fill("换发")
    page.get_by_role("button", name="吊销证书").click()
    expect(page.get_by_role("alert")).to_contain_text("证书已吊销")
    fetch_published(live, files)
    revoked = theirs("批复.txt")
    assert revoked.returncode != 0
    assert "certificate revoked" in revoked.stderr
    assert "seal.pem: revoked" in asked_on_the_spot(files, live).stdout
    own = by_one_file(files)("批复.txt")
    assert own.returncode == 0, "what was sealed before a certificate was replaced stays sealed"
    assert "revoked" in own.stdout
    assert "盖章时有效" in check(page, live, files / "批复.txt", files / "seal.p7s")
