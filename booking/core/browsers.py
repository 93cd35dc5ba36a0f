"""Which browser and system a person may recognise as theirs: two words of closed lists, never the header itself.

The header is a fingerprint of a device; a list of logins needs no more than "Firefox on Windows".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Browser(StrEnum):
    """Families in the order in which they are looked for: most name others in their header, too."""

    EDGE = "Edg"
    OPERA = "OPR/"
    SAMSUNG = "SamsungBrowser/"
    FIREFOX = "Firefox/"
    FIREFOX_IOS = "FxiOS/"
    CHROME_IOS = "CriOS/"
    CHROME = "Chrome/"
    SAFARI = "Safari/"


class System(StrEnum):
    """Systems in the order in which they are looked for."""

    IPHONE = "iPhone"
    IPAD = "iPad"
    ANDROID = "Android"
    WINDOWS = "Windows"
    CHROMEOS = "CrOS"
    MAC = "Macintosh"
    LINUX = "Linux"


_BROWSER_NAMES = {
    Browser.EDGE: "Edge",
    Browser.OPERA: "Opera",
    Browser.SAMSUNG: "Samsung Internet",
    Browser.FIREFOX: "Firefox",
    Browser.FIREFOX_IOS: "Firefox",
    Browser.CHROME_IOS: "Chrome",
    Browser.CHROME: "Chrome",
    Browser.SAFARI: "Safari",
}
_SYSTEM_NAMES = {System.CHROMEOS: "ChromeOS", System.MAC: "macOS"}


@dataclass(frozen=True, slots=True)
class Device:
    """Names as their makers write them; "" where the header says nothing that we know."""

    browser: str = ""
    system: str = ""


def described(user_agent: str) -> Device:
    """The browser family and the system of that header."""
    browser = next((name for mark, name in _BROWSER_NAMES.items() if mark in user_agent), "")
    system = next((_SYSTEM_NAMES.get(mark, mark.value) for mark in System if mark in user_agent), "")
    return Device(browser, system)
