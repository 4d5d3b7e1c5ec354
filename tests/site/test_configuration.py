"""Settings: where they come from, what is refused, and that secrets are never defaulted."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from zhihai.ground.refusal import Refused
from zhihai.site import configuration
from zhihai.site.commands.check import secrets_are_kept
from zhihai.site.configuration import Configuration, default_data, private_text, read_configuration
from zhihai.site.database import django_database
from zhihai.site.faults import Faults
from zhihai.site.mail import django_mail
from zhihai.site.settings_page import settings_page
from zhihai.site.supervisor import settle_mode
from zhihai.site.wording import say_refusal, site_words, terminal_language

ROOT = Path(__file__).resolve().parents[2]
KEY = "k" * 32


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("ZHIHAI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refusal(**given: object) -> Refused:
    with pytest.raises(Refused) as refused:
        read_configuration(**given)
    return refused.value


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "zhihai.toml").write_text("port = 9001\nworkers = 3\n")
    monkeypatch.setenv("ZHIHAI_PORT", "9002")
    config = read_configuration()
    assert (config.port, config.workers, config.threads) == (9002, 3, 8)


def test_a_file_elsewhere_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("port = 9003\n")
    monkeypatch.setenv("ZHIHAI_CONFIG", str(tmp_path / "other.toml"))
    assert read_configuration().port == 9003


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIHAI_DATA", "")
    assert read_configuration().data == default_data()


WRONG = [
    ("PORT", "70000", "setting_number", "from 1 to 65535"),
    ("PORT", "eight", "setting_number", "whole number"),
    ("BUFFERS", "3", "setting_number", "from 16 to 65536"),
    ("WORKERS", "0", "setting_number", "from 1 to 64"),
    ("LANGUAGE", "fr", "setting_choice", "zh, en"),
    ("LOG_FORM", "xml", "setting_choice", "auto, json, plain"),
    ("OFFICIALS", "perhaps", "setting_switch", "true or false"),
    ("ADDRESS", "zhihai.example", "setting_address", "https://host"),
    ("ADDRESS", "https://zhihai.example/path", "setting_address", "without a path"),
    ("SECRET_KEY", "too-short-a-key", "setting_key_short", "32 characters"),
    ("METRICS_TOKEN", "too-short", "setting_token_short", "16 characters"),
    ("SMTP_URL", "ftp://u:hidden@mail.example", "setting_smtp", "smtps"),
    ("DATABASE_URL", "mysql://u:hidden@h/d", "database_url_wrong", "postgresql://"),
    ("POSTGRES_BIN", "/nowhere", "postgres_missing", "/nowhere"),
    ("HOST", "0.0.0.0", "host_without_address", "0.0.0.0"),
    ("SYSTEM_NETWORKS", "10.20.0.0/16 intranet", "setting_networks", "10.20.0.0/16"),
    ("SYSTEM_NETWORKS", "10.20.0.1/16", "setting_networks", "10.20.0.0/16"),
    ("SMS_URL", "http://sms.example/send", "setting_sms_url", "https"),
    ("SMS_URL", "https://u:hidden@sms.example/", "setting_sms_url", "no user"),
    ("SMS_BODY", "{}", "setting_sms_body", '{"to": "{to}"'),
    ("SMS_BODY", '["{to}", "{text}"]', "setting_sms_body", "JSON object"),
    ("SMS_ANSWER", "code", "setting_sms_accepted", "again and again"),
    ("QUIET_HOURS", "21-8", "setting_hours", "21:00-08:00"),
    ("QUIET_HOURS", "24:00-08:00", "setting_hours", "21:00-08:00"),
    ("SIGN_IN_ISSUER", "http://login.example", "setting_issuer", "https"),
    ("SIGN_IN_ISSUER", "https://u:hidden@login.example", "setting_issuer", "https"),
    ("SIGN_IN_ISSUER", "https://login.example/?a=b", "setting_issuer", "a query"),
]


@pytest.mark.parametrize(("name", "value", "code", "says"), WRONG)
def test_a_wrong_setting_is_named_with_its_remedy(
    name: str, value: str, code: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZHIHAI_DATA", str(tmp_path))
    monkeypatch.setenv(f"ZHIHAI_{name}", value)
    refused = refusal()
    assert (refused.code, refused.field) == (code, f"ZHIHAI_{'ADDRESS' if name == 'HOST' else name}")
    told = say_refusal(site_words(), refused, "en")
    assert says in told
    assert "hidden" not in told
    assert "too-short" not in told
    assert say_refusal(site_words(), refused, "zh") != told


def test_a_provider_needs_to_know_us_by_a_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZHIHAI_DATA", str(tmp_path))
    assert read_configuration(demonstration=True).elsewhere is None
    monkeypatch.setenv("ZHIHAI_SIGN_IN_ISSUER", "https://login.example")
    assert (refusal().code, refusal().field) == ("setting_client", "ZHIHAI_SIGN_IN_CLIENT")
    monkeypatch.setenv("ZHIHAI_SIGN_IN_CLIENT", "district")
    monkeypatch.setenv("ZHIHAI_SIGN_IN_SECRET", "a secret of ours")
    there = read_configuration(demonstration=True).elsewhere
    assert there is not None
    assert (there.issuer, there.secret, there.name.zh, there.officials) == (
        "https://login.example", "a secret of ours", "login.example", False
    )  # fmt: skip
    assert "a secret" not in repr(there)


def test_all_that_is_wrong_is_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, *_ in WRONG[2:13]:
        monkeypatch.setenv(f"ZHIHAI_{name}", value)
    refused = refusal()
    assert isinstance(refused, Faults)
    assert {one.field for one in refused.faults} == {f"ZHIHAI_{name}" for name, *_ in WRONG[2:13]}


def test_settings_that_contradict_each_other_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = refusal(
        database_url="postgresql://h/d", buffers=64, postgres_bin="/nowhere", host="::", data=tmp_path / "file" / "data"
    )
    assert isinstance(refused, Faults)
    assert [(one.code, one.field) for one in refused.faults] == [
        ("host_without_address", "ZHIHAI_ADDRESS"),
        ("setting_of_embedded", "ZHIHAI_POSTGRES_BIN"),
        ("setting_of_embedded", "ZHIHAI_BUFFERS"),
        ("data_not_writable", "ZHIHAI_DATA"),
    ]


@pytest.mark.parametrize(("line", "mode", "kept"), [
    (f'secret_key = "{KEY}"', 0o644, False), (f'secret_key = "{KEY}"', 0o640, True), ("port = 9001", 0o644, True),
])  # fmt: skip
def test_a_secret_in_a_file_that_all_can_read_is_found(line: str, mode: int, kept: bool, tmp_path: Path) -> None:
    (tmp_path / "zhihai.toml").write_text(f"{line}\n")
    (tmp_path / "zhihai.toml").chmod(mode)
    assert secrets_are_kept(tmp_path / "zhihai.toml", read_configuration()) == kept


def test_an_unknown_line_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "zhihai.toml").write_text("prot = 9001\n")
    refused = refusal()
    assert (refused.code, refused.field) == ("setting_near", "ZHIHAI_PROT")
    assert "Did you mean port?" in say_refusal(site_words(), refused, "en")
    (tmp_path / "zhihai.toml").write_text("zzz = 1\n")
    assert refusal().code == "setting_unknown"


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zhihai.toml").write_text("port: 9001\n")
    assert refusal().code == "setting_file_wrong"


def test_a_file_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIHAI_CONFIG", "nowhere.toml")
    assert refusal().code == "setting_file_missing"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_the_demonstration_binds_to_loopback_only(host: str, tmp_path: Path) -> None:
    assert refusal(demonstration=True, host=host, data=tmp_path).field == "ZHIHAI_HOST"
    address = "http://zhihai.example"
    assert read_configuration(demonstration=False, host=host, address=address, data=tmp_path).host == host


def test_the_demonstration_answers_to_loopback_names_only(tmp_path: Path) -> None:
    config = read_configuration(demonstration=True, address="https://zhihai.example", data=tmp_path)
    assert config.hosts == ("127.0.0.1", "localhost", "[::1]")


def test_the_secret_key_has_no_default_outside_the_demonstration(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read_configuration(data=tmp_path).key()
    assert refused.value.code == "secret_key_missing"
    assert not list(tmp_path.iterdir())
    assert read_configuration(data=tmp_path, secret_key=KEY).key() == KEY


def test_the_demonstration_makes_a_private_key_once(tmp_path: Path) -> None:
    config = read_configuration(data=tmp_path, demonstration=True)
    key = config.key()
    assert len(key) >= 43
    assert config.key() == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_processes_that_come_at_once_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda number: private_text(tmp_path / "key", f"{number}" * 40), range(64)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    config = read_configuration(data=tmp_path, secret_key=KEY, database_url="postgresql://u:hidden@h/d")
    assert KEY not in repr(config)
    assert "hidden" not in repr(config)


def test_a_data_folder_stays_what_it_was_begun_as(tmp_path: Path) -> None:
    settle_mode(read_configuration(data=tmp_path / "a", demonstration=True))
    assert read_configuration(data=tmp_path / "a").is_demonstration
    with pytest.raises(Refused) as refused:
        settle_mode(read_configuration(data=tmp_path / "a", demonstration=False, secret_key=KEY))
    assert refused.value.code == "a_demonstration"

    settle_mode(read_configuration(data=tmp_path / "b", secret_key=KEY))
    (tmp_path / "b" / "records").mkdir()
    with pytest.raises(Refused) as refused:
        settle_mode(read_configuration(data=tmp_path / "b", demonstration=True))
    assert refused.value.code == "not_a_demonstration"


@pytest.mark.parametrize(
    ("user", "installed", "expected"),
    [
        (0, False, Path("/var/lib/zhihai/data")),
        (1000, True, ROOT / ".zhihai" / "data"),
        (1000, False, Path("/home/somebody/state/zhihai")),
    ],
)
def test_the_default_data_folder(user: int, installed: bool, expected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(configuration, "checkout", lambda: ROOT if installed else None)
    monkeypatch.setenv("XDG_STATE_HOME", "/home/somebody/state")
    assert default_data() == expected


def test_two_checkouts_of_root_have_two_data_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found = set()
    for folder in ("/srv/a", "/srv/b"):
        monkeypatch.setattr(configuration, "checkout", lambda folder=folder: Path(folder))
        found.add(default_data())
    assert len(found) == 2
    assert {path.parent for path in found} == {Path("/var/lib/zhihai")}


def test_a_database_address_becomes_settings() -> None:
    settings = django_database("postgresql://user:pass%20word@db.example:6432/name?sslmode=require")
    assert settings["USER"] == "user"
    assert settings["PASSWORD"] == "pass word"
    assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("db.example", "6432", "name")
    assert settings["OPTIONS"]["sslmode"] == "require"
    assert "idle_in_transaction_session_timeout" in settings["OPTIONS"]["options"]


@pytest.mark.parametrize("url", ["mysql://u:hidden@h/d", "postgresql://u:hidden@h", "host=a hidden"])
def test_a_wrong_database_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Refused) as refused:
        django_database(url)
    assert refused.value.code == "database_url_wrong"
    assert "hidden" not in say_refusal(site_words(), refused.value, "en")


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://mail.example", 25, "none"),
        ("smtps://u%40x:p@mail.example", 465, "wrapped"),
        ("smtp+starttls://mail.example:2525", 2525, "started"),
    ],
)
def test_mail_leaves_by_the_server_that_is_set(url: str, port: int, tls: str) -> None:
    mail = django_mail(Configuration(smtp_url=url))
    assert (mail.host, mail.port, mail.tls) == ("mail.example", port, tls)
    assert mail.user in ("", "u@x")


def test_without_a_mail_server_mail_is_kept_as_files(tmp_path: Path) -> None:
    assert django_mail(Configuration(data=tmp_path)).folder == tmp_path / "mail"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "ZHIHAI_LANGUAGE": "zh"}, "zh"),
    ],
)
def test_the_terminal_is_spoken_to_in_its_language(
    environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal_language() == language


def test_the_page_of_settings_is_up_to_date() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page()
    assert all(f"`ZHIHAI_{name.upper()}`" in page for name in Configuration.model_fields)


def test_former_secrets_still_open_what_they_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_configuration().former_keys() == []
    monkeypatch.setenv("ZHIHAI_FORMER_SECRET_KEYS", "one-of-before  another-of-before")
    config = read_configuration()
    assert config.former_keys() == ["one-of-before", "another-of-before"]
    assert "one-of-before" not in repr(config)
