"""Configuration (配置): the one typed object that every setting of the platform comes from.

Sources, the first that speaks wins: environment variables ``ZHIHAI_<FIELD>``, then one TOML file (named by
``ZHIHAI_CONFIG``, else ``zhihai.toml`` in the working folder), then the defaults below. What each field means to an
operator stands in ``words.toml`` under ``settings.<field>``; :mod:`zhihai.site.settings_page` prints them all.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.site.faults import refuse
from zhihai.site.setting_faults import contradictions, faults_of
from zhihai.site.setting_forms import is_body, is_safe_address, read_hours

PREFIX = "ZHIHAI_"
STATE = Path("/var/lib/zhihai")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEMONSTRATION_MARK = "demonstration"
SIMULATION_MARK = "simulated"
KEY_FILE = "secret_key"
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")


def checkout() -> Path | None:
    """Return the folder of the checkout this code runs from, or ``None`` when it is installed as a package."""
    folder = Path(__file__).resolve().parents[3]
    return folder if (folder / "pyproject.toml").is_file() else None


def default_data() -> Path:
    """Return the default data folder: never one that needs the permissions of another folder to be changed.

    As root a folder of this checkout's own in the system's state directory, since the database server refuses to run
    as root and its user often can not reach a checkout; else ``.zhihai/data`` in the checkout, which git ignores; for
    an installed package the user's state directory.
    """
    folder = checkout()
    if os.geteuid() == 0:
        return STATE / ("data" if folder is None else f"data-{hashlib.sha256(bytes(folder)).hexdigest()[:8]}")
    if folder is not None:
        return folder / ".zhihai" / "data"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "zhihai"


def config_file() -> Path:
    """Return the TOML file that is read: the one named by ``ZHIHAI_CONFIG``, else ``zhihai.toml`` where we stand."""
    return Path(os.environ.get(f"{PREFIX}CONFIG") or "zhihai.toml")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another provider of OpenID Connect, and what we are to it; ``officials`` may tie their accounts to it too."""

    issuer: str
    client: str
    secret: str = field(repr=False)
    name: Named
    scope: str
    number_claim: str
    officials: bool


class Configuration(BaseSettings):
    """All settings, checked (配置). Made by :func:`read_configuration`; units are in the words of each field."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    host: str = "127.0.0.1"
    address: str = ""
    behind_proxy: bool = False
    data: Path = Field(default_factory=default_data)
    database_url: SecretStr | None = None
    postgres_bin: Path | None = None
    backup: Path | None = None
    backup_waiting: Annotated[int, Field(ge=1, le=1024)] = 8
    buffers: Annotated[int, Field(ge=16, le=65536)] | None = None
    demonstration: bool | None = None
    officials: bool = True
    secret_key: SecretStr | None = None
    former_secret_keys: SecretStr | None = None
    language: Literal["zh", "en"] = "zh"
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    threads: Annotated[int, Field(ge=1, le=256)] = 8
    body_limit: Annotated[int, Field(ge=1, le=1024)] = 16
    second_factor: bool | None = None
    session_hours: Annotated[int, Field(ge=1, le=720)] = 12
    sign_in_issuer: str = ""
    sign_in_client: str = ""
    sign_in_secret: SecretStr | None = None
    sign_in_name: str = ""
    sign_in_name_en: str = ""
    sign_in_scope: str = "openid"
    sign_in_number_claim: str = ""
    sign_in_accounts: Literal["residents", "all"] = "residents"
    system_networks: str = ""
    smtp_url: SecretStr | None = None
    mail_from: str = "zhihai@localhost"
    sms_url: str = ""
    sms_authorization: SecretStr | None = None
    sms_body: str = '{"to": "{to}", "text": "{text}", "key": "{key}"}'
    sms_answer: str = ""
    sms_accepted: str = ""
    sms_refused: str = ""
    quiet_hours: str = "21:00-08:00"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_form: Literal["auto", "json", "plain"] = "auto"
    slow_ms: Annotated[int, Field(ge=1, le=600_000)] = 500
    metrics_token: SecretStr | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment first, then the TOML file; no other source."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("backup")
    @classmethod
    def _absolute_backup(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @field_validator("secret_key")
    @classmethod
    def _long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise PydanticCustomError("setting_key_short", "too short")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise PydanticCustomError("setting_token_short", "too short")
        return value

    @field_validator("database_url")
    @classmethod
    def _records(cls, value: SecretStr | None) -> SecretStr | None:
        scheme, parted, _ = ("" if value is None else value.get_secret_value()).partition("://")
        if parted and scheme not in ("postgresql", "postgres"):
            raise PydanticCustomError("database_url_wrong", "no such scheme")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and urlsplit(value.get_secret_value()).scheme not in SMTP_SCHEMES:
            raise PydanticCustomError("setting_smtp", "no such scheme", {"schemes": ", ".join(SMTP_SCHEMES)})
        return value

    @field_validator("sms_url")
    @classmethod
    def _gateway(cls, value: str) -> str:
        if value and not is_safe_address(value, LOOPBACK):
            raise PydanticCustomError("setting_sms_url", "no gateway")
        return value

    @field_validator("sms_body")
    @classmethod
    def _sms_body(cls, value: str) -> str:
        if not is_body(value):
            raise PydanticCustomError("setting_sms_body", "no request")
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _quiet(cls, value: str) -> str:
        if value and read_hours(value) is None:
            raise PydanticCustomError("setting_hours", "no hours")
        return value

    @field_validator("address")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/")):
            raise PydanticCustomError("setting_address", "no origin")
        return value.rstrip("/")

    @field_validator("sign_in_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        if value and (not is_safe_address(value, LOOPBACK) or urlsplit(value).query):
            raise PydanticCustomError("setting_issuer", "no issuer")
        return value

    @field_validator("system_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        try:
            return " ".join(str(ip_network(one)) for one in value.replace(",", " ").split())
        except ValueError:
            raise PydanticCustomError("setting_networks", "no network") from None

    @property
    def elsewhere(self) -> Elsewhere | None:
        """The provider that signs people in besides us; ``None`` where none does."""
        if not self.sign_in_issuer:
            return None
        secret = "" if self.sign_in_secret is None else self.sign_in_secret.get_secret_value()
        name = self.sign_in_name or str(urlsplit(self.sign_in_issuer).hostname)
        return Elsewhere(
            self.sign_in_issuer, self.sign_in_client, secret, Named(name, self.sign_in_name_en or name),
            self.sign_in_scope, self.sign_in_number_claim, self.sign_in_accounts == "all",
        )  # fmt: skip

    @property
    def mark(self) -> Path:
        """The file that says that this data folder is a demonstration's, for good."""
        return self.data / DEMONSTRATION_MARK

    @property
    def is_demonstration(self) -> bool:
        """Whether this is the demonstration: said so, or else the data folder was begun as one."""
        return self.mark.is_file() if self.demonstration is None else self.demonstration

    @property
    def asks_second_factor(self) -> bool:
        """Whether those who hold powers need a second factor: everywhere but where people are invented, unless said."""
        invented = self.is_demonstration or self.is_simulated
        return not invented if self.second_factor is None else self.second_factor

    @property
    def simulation_mark(self) -> Path:
        """The file that says that this data folder was begun for a simulated district, for good."""
        return self.data / SIMULATION_MARK

    @property
    def is_simulated(self) -> bool:
        """Whether the data folder was begun for a simulated district: only then its kinds are there."""
        return self.simulation_mark.is_file()

    @property
    def origin(self) -> str:
        """The address under which people reach the platform, such as ``https://zhihai.example``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.address or f"http://{host}:{self.port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names that are answered to; every other gets status 400."""
        own = urlsplit(self.origin).hostname or self.host
        return ("127.0.0.1", "localhost", "[::1]") if self.is_demonstration else (own, "127.0.0.1", "localhost")

    def former_keys(self) -> list[str]:
        """Return the secrets that held before the present one: what they signed and sealed still opens."""
        given = "" if self.former_secret_keys is None else self.former_secret_keys.get_secret_value()
        return given.split()

    def key(self) -> str:
        """Return the secret key; in the demonstration one of the data folder's own, made at first use with mode 600.

        Raises :class:`Refused` ``secret_key_missing``, naming the folder, outside the demonstration when none is set:
        it has no default.
        """
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        if not self.is_demonstration:
            example = secrets.token_urlsafe(48)
            raise Refused("secret_key_missing", "ZHIHAI_SECRET_KEY", folder=str(self.data), example=example)
        return private_text(self.data / KEY_FILE, secrets.token_urlsafe(48))


def make_data_folder(folder: Path) -> None:
    """Make the data folder unless it is there: ours alone, or as root one that the database's user can pass through.

    Raises :class:`Refused` ``data_not_writable``.
    """
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)
        if not os.access(folder, os.W_OK):
            raise PermissionError
    except OSError:
        raise Refused("data_not_writable", f"{PREFIX}DATA", folder=str(folder)) from None


def private_text(path: Path, fresh: str) -> str:
    """Return the text of a file that only its owner may read, writing ``fresh`` into it when there is none.

    Two that come at once get the same text: the file appears whole, by a link that only one of them can make.
    """
    if not path.exists():
        make_data_folder(path.parent)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(fresh)
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text(encoding="ascii")


def read_configuration(**given: object) -> Configuration:
    """Read the settings; ``given`` (a command's own options) goes before every other source.

    Raises :class:`Refused` naming the field that is wrong and how to set it, or :class:`Faults` with one for each.
    """
    named = os.environ.get(f"{PREFIX}CONFIG")
    if named and not Path(named).is_file():
        raise Refused("setting_file_missing", f"{PREFIX}CONFIG", file=named)
    try:
        config = Configuration(**given)  # type: ignore[arg-type]
    except ValidationError as wrong:
        refuse(faults_of(wrong, Configuration.model_fields, PREFIX))
        raise
    except ValueError as wrong:
        raise Refused("setting_file_wrong", f"{PREFIX}CONFIG", file=str(config_file()), reason=str(wrong)) from wrong
    refuse(contradictions(config, PREFIX, LOOPBACK))
    return config
