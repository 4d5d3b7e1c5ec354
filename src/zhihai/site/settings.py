"""Django's settings, all of them made from the one :class:`~zhihai.site.configuration.Configuration`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from jinja2 import FileSystemBytecodeCache

from zhihai.site.configuration import read_configuration
from zhihai.site.database import django_database
from zhihai.site.logs import logging_settings
from zhihai.site.mail import django_mail
from zhihai.site.packs import build_house
from zhihai.site.postgres import embedded_url
from zhihai.site.preparation import compiled_folder
from zhihai.site.simulated.kinds import simulated_pack
from zhihai.site.vendor import vendor_folder
from zhihai.site.wording import floor_words

CONFIG = read_configuration()
PACKAGE = Path(__file__).resolve().parents[1]
DATABASE_URL = CONFIG.database_url.get_secret_value() if CONFIG.database_url else embedded_url(CONFIG.data)

# Names are read a character at a time: pypinyin's list of words is 45 MB in each process, and nobody asks it.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")

DEBUG = False
SECRET_KEY = CONFIG.key()
SECRET_KEY_FALLBACKS = CONFIG.former_keys()
ALLOWED_HOSTS = list(CONFIG.hosts)
CSRF_TRUSTED_ORIGINS = [CONFIG.origin]
CSRF_FAILURE_VIEW = "zhihai.faces.refusals.csrf_failed"
ROOT_URLCONF = "zhihai.site.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "zhihai.kernel.apps.Kernel",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.idp.oidc",
]
MIDDLEWARE = [
    "zhihai.site.observing.Observed",
    "django.middleware.security.SecurityMiddleware",
    "zhihai.site.protection.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "zhihai.faces.request.Reader",
    "zhihai.faces.refusals.Refusals",
]

DATABASES = {"default": django_database(DATABASE_URL)}

COMPILED = compiled_folder(CONFIG)
_TEMPLATE_FOLDERS = sorted((PACKAGE / "faces").glob("*/templates"))
_CONTEXT = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": _TEMPLATE_FOLDERS,
        "OPTIONS": {
            "context_processors": _CONTEXT,
            "environment": "zhihai.faces.design.environment.environment",
            "bytecode_cache": FileSystemBytecodeCache(str(COMPILED)) if COMPILED.is_dir() else None,
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _CONTEXT},
    },
]

AUTH_USER_MODEL = "zh.Account"
AUTHENTICATION_BACKENDS = ["zhihai.faces.signing.SigningIn"]
PASSWORD_HASHERS = [
    "zhihai.faces.passwords.Argon2id",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "zhihai.faces.passwords.RandomSecret",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "zhihai.faces.hall.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
IDP_OIDC_ADAPTER = "zhihai.faces.provider.adapter.Provider"
MFA_ADAPTER = "zhihai.faces.hall.second_adapter.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # clocks of telephones are off; our forms remember a used code for as long as it is good
MFA_FORMS = {
    "authenticate": "zhihai.faces.hall.codes.SecondCode",
    "reauthenticate": "zhihai.faces.hall.codes.CodeAgain",
}
ACCOUNT_FORMS = {
    "change_password": "zhihai.faces.hall.present_password.AnotherPassword",
    "reauthenticate": "zhihai.faces.hall.present_password.PasswordAgain",
}
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",  # an office behind one address begins at nine
    "login_failed": "5/5m/key,20/m/ip",
    "login_failed_known": "5/5m/key",
    "present_password": "5/5m/key",
    "change_password": "",  # allauth counts right ones too, and by the minute: the present password is what is guessed
    "passkey": "60/m/ip",
    "elsewhere": "30/m/ip",
    "progress": "60/m/ip",
    "number": "20/m/ip",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if CONFIG.behind_proxy else 0
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "/"

CACHES = {"default": {"BACKEND": "zhihai.faces.shared_cache.SharedCache"}}
SESSION_ENGINE = "zhihai.faces.sessions"
SESSION_COOKIE_AGE = CONFIG.session_hours * 3600
SESSION_COOKIE_NAME = "zhihai_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.origin.startswith("https:")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.behind_proxy else None
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = CONFIG.body_limit * 2**20
FILE_UPLOAD_HANDLERS = [
    "zhihai.faces.uploads.WithinLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "zh-hans" if CONFIG.language == "zh" else "en"
LANGUAGES = [("zh-hans", "Simplified Chinese"), ("en", "English")]

STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.data / "static"
VENDOR = vendor_folder(CONFIG.data)
STATICFILES_DIRS = [
    *(folder for folder in sorted((PACKAGE / "faces").glob("*/static"))),
    *([("vendor", VENDOR)] if VENDOR.is_dir() else []),
]
_COLLECTED = (STATIC_ROOT / "staticfiles.json").is_file()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _COLLECTED
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MIMETYPES = {".mjs": "text/javascript"}

_MAIL = django_mail(CONFIG)
EMAIL_BACKEND = _MAIL.backend
EMAIL_FILE_PATH = _MAIL.folder
EMAIL_HOST = _MAIL.host
EMAIL_PORT = _MAIL.port
EMAIL_HOST_USER = _MAIL.user
EMAIL_HOST_PASSWORD = _MAIL.password
EMAIL_USE_SSL = _MAIL.tls == "wrapped"
EMAIL_USE_TLS = _MAIL.tls == "started"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG.mail_from

LOGGING = logging_settings(CONFIG, terminal=sys.stderr.isatty())

HOUSE = build_house(floor_words(), made=(simulated_pack(),) if CONFIG.is_simulated else ())
ZHIHAI_REGISTRY = HOUSE.registry
ZHIHAI_WORDS = HOUSE.words
ZHIHAI_FAULTS = HOUSE.faults
ZHIHAI_ANCHORS = Path(CONFIG.data) / "anchors"
ZHIHAI_ORIGIN = CONFIG.origin
ZHIHAI_REAL_WAYS = frozenset({"webhook", "post", "person"} | ({"sms"} if CONFIG.sms_url else set()))
if CONFIG.smtp_url is not None:
    ZHIHAI_REAL_WAYS |= {"email"}
ZHIHAI_DEMONSTRATION = CONFIG.is_demonstration
ZHIHAI_SECOND_FACTOR = CONFIG.asks_second_factor
ZHIHAI_ELSEWHERE = CONFIG.elsewhere
ZHIHAI_SYSTEM_NETWORKS = CONFIG.system_networks.split()
