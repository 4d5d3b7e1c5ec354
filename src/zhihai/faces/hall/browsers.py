"""What sort of browser asks (浏览器): enough for its owner to know it again, and no more is read of it."""

from __future__ import annotations

BROWSERS = (
    ("MicroMessenger", "wechat"), ("Edg", "edge"), ("OPR/", "opera"), ("HuaweiBrowser", "huawei"),
    ("Firefox/", "firefox"), ("FxiOS", "firefox"), ("CriOS", "chrome"), ("Chrome/", "chrome"), ("Safari/", "safari"),
)  # fmt: skip
"""What stands in a user agent, and whose it is; the first that stands there counts, since most claim to be others."""
SYSTEMS = (
    ("OpenHarmony", "harmony"), ("HarmonyOS", "harmony"), ("Android", "android"), ("iPhone", "ios"), ("iPad", "ios"),
    ("Windows", "windows"), ("Mac OS X", "mac"), ("CrOS", "chromeos"), ("Linux", "linux"),
)  # fmt: skip
OTHER = "other"


def sort_of_browser(user_agent: str) -> tuple[str, str]:
    """Return the browser and the system of a user agent as our words know them."""
    return _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in known if mark in user_agent), OTHER)
