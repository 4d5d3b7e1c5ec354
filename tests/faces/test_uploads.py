"""Files that are sent: within the limit of any body, whoever sends them, and not a byte of what is larger is kept."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is passed soon."""
    monkeypatch.setattr("django.conf.settings.DATA_UPLOAD_MAX_MEMORY_SIZE", 100_000)


def sent(size: int) -> io.BytesIO:
    file = io.BytesIO(b"x" * size)
    file.name = "document.pdf"
    return file


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize(("who", "address"), [(None, "/verify/"), ("seals", "/desk/seals/seal")])
def test_a_form_that_is_too_large_is_refused_before_it_is_read(
    worked: str, reader: Callable[..., Client], small: None, who: str | None, address: str, checked: bool,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = reader(who, "en")
    client.handler.enforce_csrf_checks = checked
    client.get("/verify/")  # the page's own token is looked for in the body
    answer = client.post(address, {"document": sent(3_000_000)})
    assert answer.status_code == 413
    assert "larger than" in answer.content.decode()
    assert list(tmp_path.iterdir()) == []


def test_what_is_within_it_is_read(worked: str, reader: Callable[..., Client], small: None) -> None:
    answer = reader(None, "en").post("/verify/", {"document": sent(50_000)})
    assert answer.status_code == 200
    assert b"No record of this document" in answer.content
