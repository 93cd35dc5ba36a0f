"""The addresses that letters name. They begin with `BASE_URL`, never with what a request called us."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailedAddresses:
    """Absolute addresses of our own pages; `base_url` comes without a slash at its end.

    A part of a page is named by a fragment, which browsers keep when the mailed link is exchanged for a clean address.
    """

    base_url: str

    def mailed(self, token: str, part: str = "") -> str:
        """The page that exchanges a mailed token, opened at `part` when that is given."""
        return f"{self.base_url}/l/{token}" + (f"#{part}" if part else "")

    @property
    def log_in(self) -> str:
        return f"{self.base_url}/account/log-in"

    @property
    def forgotten_password(self) -> str:
        return f"{self.base_url}/account/forgotten"

    @property
    def choose_time(self) -> str:
        return f"{self.base_url}/book/"
