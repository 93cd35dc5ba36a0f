"""What is hashed of an audit event, and that everything of it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from booking.core.audit_chain import EMPTY, Event, Head, chain_key, event_text, is_marked, link_after, new_mark

KEY = chain_key("a setting of any length")
AT = datetime(2026, 11, 23, 13, 0, 0, 5, tzinfo=UTC)
EVENT = Event(7, AT, 3, "scheduler", "patient_seen", "patient_page", 9, "code", 9, "192.0.2.0/24", "0123456789ab", "m")


def test_one_text_for_one_instant_in_any_zone() -> None:
    elsewhere = EVENT._replace(at=AT.astimezone(timezone(timedelta(hours=-5))))
    assert event_text(elsewhere) == event_text(EVENT)
    assert event_text(EVENT).startswith('["2026-11-23T13:00:00.000005+00:00",3,"scheduler"')


@pytest.mark.parametrize("changed", [
    {"seq": 8}, {"at": AT + timedelta(microseconds=1)}, {"actor_account_id": None}, {"actor_kind": "nurse"},
    {"action": "seen"}, {"object_kind": "patient"}, {"object_id": None}, {"reason_code": None}, {"patient_id": 10},
    {"network": None}, {"session_ref": None}, {"mark": None},
], ids=lambda changed: next(iter(changed)))  # fmt: skip
def test_every_field_is_sealed(changed: dict[str, object]) -> None:
    assert link_after(KEY, EMPTY, EVENT._replace(**changed)) != link_after(KEY, EMPTY, EVENT)


def test_a_link_depends_on_the_one_before_and_on_the_key() -> None:
    link = link_after(KEY, EMPTY, EVENT)
    assert link.number == 1
    assert link_after(KEY, Head(0, "1" * 64), EVENT) != link
    assert link_after(KEY, link, EVENT).hash != link.hash
    assert link_after(chain_key("another setting"), EMPTY, EVENT) != link


def test_a_mark_belongs_to_one_text_and_one_key() -> None:
    text = event_text(EVENT)
    mark = new_mark(KEY, text)
    assert is_marked(KEY, mark, text)
    assert not is_marked(KEY, mark, text + " ")
    assert not is_marked(chain_key("another setting"), mark, text)
    assert not is_marked(KEY, "0" + mark[1:] if mark[0] != "0" else "1" + mark[1:], text)
    assert len({new_mark(KEY, text) for _ in range(20)}) == 20


def test_the_keys_are_never_shown() -> None:
    assert repr(KEY) == "ChainKey(...)"
    assert KEY.links != KEY.marks
