"""Sealed fields open in their own place with their own key, and nowhere else."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.adapters import sealing
from booking.adapters.sealing import (
    CannotOpen,
    FieldKeys,
    FieldKeysMalformed,
    key_check_value,
    key_id_of,
    new_key_entry,
    open_,
    seal,
)

OLD = "k1:" + base64.b64encode(bytes(range(32))).decode()
NEW = "k2:" + base64.b64encode(bytes(range(32, 64))).decode()
KEYS = FieldKeys.parse(OLD)
PLACE = ("responses", "answers", "row-1")
TEXT = '{"75893-8": 7}'


@given(text=st.text(st.characters(exclude_categories=("Cs",))))
def test_what_was_sealed_opens_again(text: str) -> None:
    assert open_(KEYS, *PLACE, seal(KEYS, *PLACE, text)) == text


def test_sealing_twice_gives_different_values() -> None:
    assert len({seal(KEYS, *PLACE, TEXT) for _ in range(50)}) == 50


def test_sealed_value_names_version_and_key_and_hides_the_text() -> None:
    sealed = seal(KEYS, *PLACE, "secret words")
    assert sealed.startswith("v1.k1.")
    assert "secret" not in sealed
    assert key_id_of(sealed) == "k1"


def _flipped(sealed: str, bit: int) -> str:
    head, _, encoded = sealed.rpartition(".")
    payload = bytearray(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    payload[bit // 8] ^= 1 << bit % 8
    return f"{head}.{base64.urlsafe_b64encode(bytes(payload)).decode().rstrip('=')}"


@pytest.mark.parametrize("bit", range(8 * (12 + len(TEXT) + 16)))
def test_each_flipped_bit_is_refused(bit: int) -> None:
    sealed = _flipped(seal(KEYS, *PLACE, TEXT), bit)
    with pytest.raises(CannotOpen):
        open_(KEYS, *PLACE, sealed)


@pytest.mark.parametrize("seed", range(50))
def test_each_changed_character_is_refused(seed: int) -> None:
    rng = random.Random(seed)
    sealed = seal(KEYS, *PLACE, TEXT + "x" * (seed % 3))
    at = len(sealed) - 1 if seed % 2 else rng.randrange(len(sealed))
    other = rng.choice([c for c in "ABCDabcd0123-_" if c != sealed[at]])
    with pytest.raises(CannotOpen):
        open_(KEYS, *PLACE, sealed[:at] + other + sealed[at + 1 :])


ELSEWHERE = {
    "other row": ("responses", "answers", "row-2"),
    "other column": ("responses", "notes", "row-1"),
    "other table": ("patients", "answers", "row-1"),
}


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_value_moved_elsewhere_is_refused(place: tuple[str, str, str]) -> None:
    with pytest.raises(CannotOpen, match="changed or moved") as refused:
        open_(KEYS, *place, seal(KEYS, *PLACE, TEXT))
    assert refused.value.key_id == "k1"


def test_value_of_another_clinic_is_refused() -> None:
    with pytest.raises(CannotOpen):
        open_(FieldKeys.parse(OLD, clinic="other"), *PLACE, seal(KEYS, *PLACE, TEXT))


def test_negative_control_without_place_a_moved_value_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_place", lambda *_parts: b"")
    assert open_(KEYS, *ELSEWHERE["other row"], seal(KEYS, *PLACE, TEXT)) == TEXT


def test_another_key_under_the_same_id_is_refused() -> None:
    wrong = FieldKeys.parse(NEW.replace("k2:", "k1:"))
    with pytest.raises(CannotOpen):
        open_(wrong, *PLACE, seal(KEYS, *PLACE, TEXT))


def test_rotation_the_first_key_writes_and_the_old_one_still_reads() -> None:
    old_value = seal(KEYS, *PLACE, TEXT)
    rotated = FieldKeys.parse(f"{NEW},{OLD}")
    assert open_(rotated, *PLACE, old_value) == TEXT
    assert key_id_of(seal(rotated, *PLACE, TEXT)) == "k2"


def test_a_dropped_key_is_named() -> None:
    with pytest.raises(CannotOpen, match="not among FIELD_KEYS") as refused:
        open_(FieldKeys.parse(NEW), *PLACE, seal(KEYS, *PLACE, TEXT))
    assert refused.value.key_id == "k1"


NO_SEALED_VALUES = [
    "",
    "plain words",
    "v2.k1.AAAA",
    "v1.k1",
    "v1..AAAA",
    "v1.k1.%%%",
    "v1.k1.AAAA",
    "v1.k1.AAA=",
    "v1.k1.é",
]


@pytest.mark.parametrize("sealed", NO_SEALED_VALUES)
def test_what_is_no_sealed_value_is_refused(sealed: str) -> None:
    with pytest.raises(CannotOpen):
        open_(KEYS, *PLACE, sealed)


@pytest.mark.parametrize("place", [("a|b", "c", "d"), ("a", "", "d"), ("a", "b", "c|d")])
def test_places_that_could_be_confused_are_refused(place: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="hold no"):
        seal(KEYS, *place, TEXT)


MALFORMED = {
    "empty": "",
    "no colon": "k1",
    "bad id": "k.1:" + OLD[3:],
    "same id twice": f"{OLD},{OLD}",
    "no base64": "k1:***",
    "not ascii": "k1:é",
    "too short": "k1:" + base64.b64encode(b"short").decode(),
    "trailing comma": OLD + ",",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_keys_are_refused_without_telling_them(text: str) -> None:
    with pytest.raises(FieldKeysMalformed) as refused:
        FieldKeys.parse(text)
    assert OLD[3:] not in str(refused.value)


def test_keys_stay_out_of_the_repr() -> None:
    assert repr(KEYS) == "FieldKeys(writing_id='k1', clinic='clinic')"


def test_check_values_tell_keys_apart_and_stay_the_same() -> None:
    values = FieldKeys.parse(f"{NEW}, {OLD}").check_values()
    assert values == {"k1": key_check_value(bytes(range(32))), "k2": key_check_value(bytes(range(32, 64)))}
    assert len(set(values.values())) == 2
    assert {len(v) for v in values.values()} == {32}


def test_new_entries_are_keys_and_differ() -> None:
    first, second = new_key_entry("a"), new_key_entry("b")
    assert FieldKeys.parse(f"{first},{second}").writing_id == "a"
    assert first[2:] != second[2:]
