"""``zhihai root`` and ``zhihai trust``: the ceremony from an empty folder to a key that issues, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from zhihai.ground.actors import SYSTEM
from zhihai.ground.certificates import making as ask
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.trust import reads
from zhihai.site.commands import root as root_command
from zhihai.site.commands import trust as trust_command
from zhihai.site.offline import root as offline

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root, made once: its key is slow to open on purpose."""
    made = tmp_path_factory.mktemp("medium") / "root"
    offline.make(made, "湖滨区", PASSPHRASE, 20, at=datetime.now(UTC))
    return made


@pytest.fixture
def passphrase(tmp_path: Path) -> str:
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return f"--passphrase-file={file}"


def run(*arguments: str | Path) -> int:
    """Run ``zhihai root`` in English."""
    given = [str(one) for one in arguments]
    return int(root_command.command(house.words(), "en").main(given, standalone_mode=False) or 0)


def trust(*arguments: str | Path) -> int:
    given = [str(one) for one in arguments]
    return int(trust_command.command(house.words(), "en").main(given, standalone_mode=False) or 0)


def test_the_ceremony_from_an_empty_folder_to_a_key_that_issues(
    district: str, folder: Path, passphrase: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request, signed, list_ = (tmp_path / name for name in ("request.pem", "signed.pem", "list.pem"))
    assert trust("show", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"roots": [], "issuing": []}
    assert trust("request", request) == 0
    assert run("sign", folder, request, signed, "--yes", passphrase) == 0
    told = capsys.readouterr().out
    assert "Issuing CA 1" in told
    with pytest.raises(Refused, match="root_unknown"):
        trust("take", signed)
    fingerprint = told.rpartition("SHA-256): ")[2].strip()
    assert trust("take", signed, "--fingerprint", fingerprint) == 0
    assert run("list", folder, list_, passphrase) == 0
    assert trust("take", list_) == 0
    capsys.readouterr()
    assert trust("show", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["roots"][0]["root"] == fingerprint.replace(" ", "")
    assert shown["issuing"][0]["list"] is not None
    serial = shown["issuing"][0]["serial"]
    assert run("list", folder, list_, "--revoke", serial, "--reason", "ca_compromise", passphrase) == 0
    assert trust("take", list_) == 0
    assert reads.roots()[0].revoked.of(int(serial, 16)).reason == "ca_compromise"
    with pytest.raises(Refused, match="root_revoked"):
        run("list", folder, list_, "--revoke", serial, passphrase)
    assert reads.certificates(SYSTEM) == ()


def test_the_key_is_encrypted_and_only_its_owner_reads_the_folder(folder: Path) -> None:
    assert {one.name for one in folder.iterdir()} == {"root.p12", "root.pem", "ledger.json"}
    assert folder.stat().st_mode & 0o077 == 0
    assert all(one.stat().st_mode & 0o077 == 0 for one in folder.iterdir())
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates((folder / "root.p12").read_bytes(), b"")
    opened = offline.open_root(folder, PASSPHRASE)
    assert x509.load_pem_x509_certificate((folder / "root.pem").read_bytes()) == opened.certificate
    life = opened.certificate.not_valid_after_utc - opened.certificate.not_valid_before_utc
    assert life == 20 * timedelta(days=365)


def test_a_root_is_made_once_and_opened_by_its_passphrase_alone(
    folder: Path, tmp_path: Path, passphrase: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Refused, match="root_there"):
        run("make", folder, "湖滨区", passphrase)
    with pytest.raises(Refused, match="root_missing"):
        offline.open_root(tmp_path, PASSPHRASE)
    with pytest.raises(Refused, match="root_passphrase_wrong"):
        offline.open_root(folder, "a passphrase of nobody")
    with pytest.raises(Refused, match="root_passphrase_short"):
        offline.make(tmp_path / "new", "湖滨区", "short", 20, at=datetime.now(UTC))
    assert not (tmp_path / "new").exists()
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "root.p12").write_bytes((folder / "root.p12").read_bytes()[:-50])
    with pytest.raises(Refused, match="root_passphrase_wrong"):
        offline.open_root(damaged, PASSPHRASE)
    with pytest.raises(Refused, match="root_folder"):
        offline.make(Path("/proc/nowhere"), "湖滨区", PASSPHRASE, 20, at=datetime.now(UTC))


def test_what_is_no_request_is_not_signed(folder: Path, tmp_path: Path, passphrase: str) -> None:
    request = tmp_path / "request.pem"
    request.write_bytes(b"garbage")
    with pytest.raises(Refused, match="request_wrong"):
        run("sign", folder, request, tmp_path / "out", "--yes", passphrase)
    with pytest.raises(Refused, match="root_not_signed"):
        run("list", folder, tmp_path / "out", "--revoke", "ab:cd", passphrase)
    assert not (tmp_path / "out").exists()


def test_a_name_is_signed_for_one_key_alone(district: str, folder: Path, tmp_path: Path, passphrase: str) -> None:
    """Whoever hands over a request of their own in the platform's name is seen, once the platform's was signed."""
    root = offline.open_root(folder, PASSPHRASE)
    mine, theirs = (_request() for _ in range(2))
    offline.sign(root, mine, 5, at=datetime.now(UTC))
    offline.sign(root, mine, 5, at=datetime.now(UTC))
    with pytest.raises(Refused, match="root_name_taken"):
        offline.sign(root, theirs, 5, at=datetime.now(UTC))


def _request() -> x509.CertificateSigningRequest:
    key = ask.new_issuing_key()
    places = ask.Addresses(revoked="https://zhihai.example/trust/0.crl", issuer="https://zhihai.example/trust/0.cer")
    return ask.ask_issuing("湖滨区", 99, key, places)


def test_it_needs_neither_settings_nor_a_database(tmp_path: Path, passphrase: str) -> None:
    environment = {"PATH": os.environ["PATH"], "ZHIHAI_PORT": "not a number", "ZHIHAI_LANGUAGE": "zh"}
    made = subprocess.run(
        [sys.executable, "-m", "zhihai.site.command", "root", "make", str(tmp_path / "root"), "湖滨区", passphrase],
        env=environment, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "根证书指纹" in made.stdout
    again = subprocess.run(
        [sys.executable, "-m", "zhihai.site.command", "root", "make", str(tmp_path / "root"), "湖滨区", passphrase],
        env=environment, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert again.returncode == 1
    assert "已有一个根" in again.stderr
