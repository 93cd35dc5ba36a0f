"""The colours: three choices, kept on this device, and back to a page of ours."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient


@pytest.mark.parametrize(("chosen", "kept"), [("dark", "dark"), ("light", "light"), ("auto", "auto"), ("<b>", "auto")])
def test_the_choice_is_kept_on_this_device(client: FlaskClient, chosen: str, kept: str) -> None:
    answer = client.post("/theme", data={"theme": chosen, "next": "/account/log-in"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/log-in")
    assert f'data-theme="{kept}"' in client.get("/account/log-in").text


def test_over_tls_the_cookie_is_bound_to_host_and_path(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OWASP ASVS 5.0 3.3.1 to 3.3.4."""
    clinic = "https://localhost:8000"
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], base_url=clinic))
    answer = client.post("/theme", data={"theme": "dark"}, base_url=clinic)
    cookie, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert cookie == "__Host-theme=dark"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes)
    assert not any(one.startswith("Domain") for one in attributes)
    assert 'data-theme="dark"' in client.get("/account/log-in", base_url=clinic).text


@pytest.mark.parametrize("wanted", [None, "", "//evil.example", "https://evil.example", "/\\evil"])
def test_it_leads_to_a_page_of_ours_only(client: FlaskClient, wanted: str | None) -> None:
    assert client.post("/theme", data={"theme": "dark", "next": wanted or ""}).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("page", "there"),
    [
        ("/book/check?a=b", "/book/check?a=b"),
        ("/visits/AAAAAAAAAAAAAAAAAAAAAA/call-me", "/"),
        ("/book/hold", "/"),
        ("/nowhere", "/"),
    ],
)
def test_an_answer_to_a_form_leads_back_to_what_can_be_opened(client: FlaskClient, page: str, there: str) -> None:
    assert client.post("/theme", data={"theme": "dark", "next": page}).location == there


def test_a_cookie_that_somebody_wrote_by_hand_means_as_the_device_says(client: FlaskClient) -> None:
    client.set_cookie("theme", '"><script>')
    assert 'data-theme="auto"' in client.get("/account/log-in").text
