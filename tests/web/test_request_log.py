"""Each request leaves a line with its endpoint, and an id that goes back; addresses and what is in them do not."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from flask.testing import FlaskClient


def facts(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.name == "booking.web.request_log"]


@pytest.fixture(autouse=True)
def listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="booking.web.request_log")


def test_a_request_is_a_line_without_its_address(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/account/log-in?next=/visits/secret-id")
    (line,) = facts(caplog)
    assert (line["endpoint"], line["method"], line["status"]) == ("accounts.log_in", "GET", 200)
    assert line["milliseconds"] >= 0
    assert "secret" not in repr(line)


def test_the_id_is_ours_and_new_each_time(client: FlaskClient) -> None:
    first, second = (client.get("/healthz", headers={"X-Request-ID": "theirs"}) for _ in range(2))
    ids = [answer.headers["X-Request-ID"] for answer in (first, second)]
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)
    assert ids[0] != ids[1]


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_what_is_asked_all_the_time_is_not_logged(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    client.get(address)
    assert facts(caplog) == []


def test_an_address_that_does_not_exist_is_not_named(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/ana-morales")
    (line,) = facts(caplog)
    assert (line["endpoint"], line["status"]) == ("none", 404)


def test_an_invented_method_is_not_named(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    client.open("/", method="ANA")
    (line,) = facts(caplog)
    assert line["method"] == "other"


def test_a_foreign_host_is_refused_in_plain_words(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.mimetype == "text/plain"
    assert "evil" not in answer.get_data(as_text=True)
