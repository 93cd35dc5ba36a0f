"""Which states of a consent count as a yes."""

from __future__ import annotations

from booking.core.consents import ConsentState


def test_a_yes_holds_until_it_is_taken_back_also_to_an_older_text() -> None:
    assert {state for state in ConsentState if state.holds} == {ConsentState.SIGNED, ConsentState.OUTDATED}
