"""A time is kept, kept longer, let go, lost and found again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account
from tests.web.scheduling.rows import appointments, forget_holds, let_holds_end
from tests.web.walk import PERSON, TIMES, check_form, first_slot, give_details, hold, slots

ClientAs = Callable[[Account], FlaskClient]


@pytest.mark.parametrize(
    "slot",
    [
        "",
        "~~~~",
        "nothing~northside~any~dr-cruz~20261130T1400Z",
        "infusion~northside~any~dr-cruz~20261130T1400Z",
        "first-consultation~moon~any~dr-cruz~20261130T1400Z",
        "first-consultation~northside~any~dr-nobody~20261130T1400Z",
        "first-consultation~northside~any~room-1~20261130T1400Z",
        "first-consultation~northside~~room-1~20261130T1400Z",
        "first-consultation~northside~any~dr-cruz~tomorrow",
        "first-consultation~northside~any~dr-cruz~00010101T0000Z",
        "first-consultation~northside~any~dr-cruz~99991231T2359Z",
        "a~b~c~d~e~f",
    ],
)
def test_a_time_that_no_button_says_is_unknown(client: FlaskClient, slot: str) -> None:
    page = client.post("/book/hold", data={"slot": slot})
    assert page.status_code == 404
    assert "We do not know that time" in page.text


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        ("first-consultation~northside~any~dr-cruz~20201130T1400Z", "That time is already over."),
        ("first-consultation~northside~any~dr-cruz~21001130T1400Z", "That day is too far ahead"),
    ],
)
def test_a_time_against_the_rules_is_refused_in_words(client: FlaskClient, slot: str, words: str) -> None:
    page = client.post("/book/hold", data={"slot": slot})
    assert page.status_code == 422
    assert words in page.text


def test_a_specialist_of_another_location_is_never_free_there(client: FlaskClient) -> None:
    start = first_slot(client, TIMES + "?where=northside").rpartition("~")[2]
    page = client.post("/book/hold", data={"slot": f"first-consultation~northside~~dr-lind~{start}"})
    assert page.status_code == 422
    assert "Nobody is there for this kind of visit at that time." in page.text


def test_a_lost_race_offers_three_times_and_keeps_what_was_typed(app: Flask, client: FlaskClient) -> None:
    slot = slots(client.get(TIMES + "?who=dr-cruz"))[8]
    hold(client)
    give_details(client)
    hold(app.test_client(), slot)
    lost = hold(client, slot)
    assert lost.status_code == 409
    assert len(slots(lost)) == 3
    assert "All that you typed is kept." in lost.text
    again = hold(client, slots(lost)[0])
    assert again.location == "/book/check"


def test_with_any_specialist_another_one_is_named_when_the_one_shown_was_taken(app: Flask, client: FlaskClient) -> None:
    slot = first_slot(client, TIMES + "?where=northside")
    hold(app.test_client(), slot)
    answer = hold(client, slot)
    page = client.get(answer.location).text
    assert answer.status_code == 303
    assert "has just been taken at that time" in page


def test_the_own_hold_does_not_hide_its_time(app: Flask, client: FlaskClient) -> None:
    slot = first_slot(client, TIMES + "?who=dr-cruz")
    hold(client, slot)
    assert slot in slots(client.get(TIMES + "?who=dr-cruz"))
    assert slot not in slots(app.test_client().get(TIMES + "?who=dr-cruz"))


def test_an_ended_hold_is_said_and_its_time_is_taken_again_when_free(client: FlaskClient, session: Session) -> None:
    hold(client)
    give_details(client)
    let_holds_end(session)
    page = client.get("/book/check").text
    assert "We could not keep this time any longer" in page
    client.post("/book/check", data=check_form(client))
    assert len(appointments(session)) == 1


def test_a_hold_whose_row_is_gone_is_taken_again_when_free(client: FlaskClient, session: Session) -> None:
    hold(client)
    give_details(client)
    forget_holds(session)
    answer = client.post("/book/check", data=check_form(client))
    assert answer.location.startswith("/book/confirmed/")
    assert len(appointments(session)) == 1


def test_an_ended_hold_whose_time_was_taken_offers_three_others(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    slot = first_slot(client, TIMES + "?who=dr-cruz")
    hold(client, slot)
    give_details(client)
    let_holds_end(session)
    hold(app.test_client(), slot)
    lost = client.post("/book/check", data=check_form(client))
    assert lost.status_code == 409
    assert len(slots(lost)) == 3
    assert "We could not keep that time, and it has been taken" in lost.text
    assert 'value="Alvarez"' in client.get("/book/details").text


def test_a_time_is_kept_longer_twice_and_what_was_typed_stays(client: FlaskClient) -> None:
    hold(client)
    typed = {**PERSON, "born_on-day": ""}
    first = client.post("/book/hold/extend?screen=details", data=typed)
    assert first.location == "/book/details"
    assert 'value="Alvarez"' in client.get("/book/details").text
    client.post("/book/hold/extend?screen=check")
    page = client.get("/book/details").text
    assert "This was the last time we can do that." in page
    assert "Keep it longer" not in page
    third = client.post("/book/hold/extend?screen=check")
    assert third.status_code == 422
    assert "We cannot keep the time any longer" in third.text


def test_a_hold_that_ended_cannot_be_kept_longer(client: FlaskClient, session: Session) -> None:
    hold(client)
    let_holds_end(session)
    page = client.post("/book/hold/extend?screen=nowhere")
    assert page.status_code == 409
    assert len(slots(page)) == 3


def test_keeping_longer_without_a_hold_is_a_clear_page(client: FlaskClient) -> None:
    assert client.post("/book/hold/extend").status_code == 404


def test_back_lets_the_time_go_and_keeps_what_was_typed(app: Flask, client: FlaskClient, session: Session) -> None:
    slot = first_slot(client, TIMES + "?who=dr-cruz")
    hold(client, slot)
    back = client.post("/book/hold/release", data=PERSON)
    assert back.location.startswith(TIMES)
    assert "who=dr-cruz" in back.location
    assert slot in slots(app.test_client().get(TIMES + "?who=dr-cruz"))
    assert hold(client).location == "/book/check"


def test_back_without_a_hold_leads_to_the_beginning(client: FlaskClient) -> None:
    assert client.post("/book/hold/release").location == "/book/"
