"""Header lines and parts: what goes in comes out of the standard parser, and nothing can be slipped in."""

from __future__ import annotations

import email
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.adapters.mime import Part, alternative_letter, header

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)


@given(text=words.map(lambda text: " ".join(text.split())))
def test_a_subject_survives_in_short_ascii_lines(text: str) -> None:
    line = header("Subject", text)
    message = email.message_from_bytes(f"{line}\r\n\r\n".encode("ascii"), policy=policy.default)
    assert " ".join(str(message["Subject"] or "").split()) == text
    assert message.keys() == ["Subject"]


@pytest.mark.parametrize("value", ["a\r\nBcc: eve@evil.example", "a\nb", "a\rb", "a\x00b", "a\x7fb", "a\tb"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="Subject"):
        header("Subject", value)


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=400))
def test_a_part_survives_in_seven_bits(text: str) -> None:
    raw = alternative_letter([], [Part("text/plain", text), Part("text/html", text)], message_id="<a@b>")
    message = email.message_from_bytes(raw, policy=policy.compat32)
    found = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    expected = text.rstrip("\n").replace("\n", "\r\n").encode() + b"\r\n"
    assert found == [expected, expected]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_no_part_can_end_the_letter() -> None:
    raw = alternative_letter([], [Part("text/plain", "x")], message_id="<a@b>")
    boundary = raw.split(b'boundary="')[1].split(b'"')[0].decode()
    forged = alternative_letter([], [Part("text/plain", f"\n--{boundary}--\n")] * 2, message_id="<a@b>")
    assert len(list(email.message_from_bytes(forged, policy=policy.default).iter_parts())) == 2  # type: ignore[attr-defined]
