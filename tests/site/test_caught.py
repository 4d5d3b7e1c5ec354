"""What was written to files instead of being sent is shown by a command, mail and short messages together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend

from zhihai.kernel.channels.acts import Message
from zhihai.kernel.channels.reads import Addressee
from zhihai.site.command import main
from zhihai.site.sms import Catcher


def caught(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(("caught", *arguments))
    assert not left.value.code
    return capsys.readouterr().out


def test_the_latest_of_both_are_shown_newest_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIHAI_DATA", str(tmp_path))
    monkeypatch.setenv("ZHIHAI_LANGUAGE", "en")
    assert "Nothing was caught" in caught(capsys)
    with EmailBackend(file_path=str(tmp_path / "mail")) as files:
        for n in (1, 2):
            files.send_messages([EmailMessage(f"主题 {n}", f"第 {n} 封\n----", to=[f"{n}@example.org"])])
    for path in (tmp_path / "mail").iterdir():
        os.utime(path, (1, 1))
    whom, kinds = Addressee(1, None), ("zhihai.matter_closed",)
    message = Message("sms", "138-0000-0000", "zh", "已办结", "…", "", "notice.3.sms", whom, kinds, ())
    Catcher(tmp_path / "sms").send(message)
    shown = caught(capsys)
    order = [
        shown.index(one) for one in ("1@example.org", "第 1 封", "2@example.org", "主题 2", "13800000000", "已办结")
    ]
    assert order == sorted(order)
    assert "none of them really left" in shown
    assert "example.org" not in caught(capsys, "--most", "1")
