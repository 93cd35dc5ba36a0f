"""What an e-mail address may look like before it goes into a header, a calendar file or an SMTP command."""

from __future__ import annotations

import re

# Printable ASCII on both sides of one @, without spaces, brackets, quotes, commas, colons, semicolons and backslashes:
# nothing that could end a header, begin another one or add a recipient.
_PLAIN = re.compile(r"[!#-'*+\-/0-9=?A-Z^-~.]{1,64}@[A-Za-z0-9.\-]{1,253}")


def is_plain_address(text: str) -> bool:
    """True for one bare ASCII address, "ana@mail.example". Whether anybody reads it is found out by writing to it."""
    return _PLAIN.fullmatch(text) is not None
