"""Requests that nobody sends in good faith, made from the access table and from what forms and views read; and what no
answer may do about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

from flask.testing import FlaskClient
from flask_wtf import FlaskForm
from werkzeug.test import TestResponse

from booking.web.access_table import Row
from booking.web.security_headers import FRAMING_POLICY, MAIL_POLICY, PAGE_POLICY
from tests.house.cast import CAST
from tests.house.driving import Driver, rule_of
from tests.house.object_makers import maker_of

MARK = "zq7"
EVIL = "evil.example"
WEB = Path(__file__).parents[2] / "booking" / "web"
READ_BY_VIEWS = re.compile(r'request\.(?:form|args|values|headers)\.(?:get|getlist)\(\s*"([^"]+)"')
PARAMETER = re.compile(r"<(?:[^<>:]+:)?([a-z_]+)>")
URL_ATTRIBUTES = frozenset({"href", "src", "action", "formaction", "hx-get", "hx-post", "srcset", "data"})
TYPED = frozenset({"text", "email", "tel", "url", "search", "password"})
OWN_HOSTS = frozenset({"", "localhost", "localhost:8000"})

WORDS: tuple[str, ...] = (
    f"<{MARK} {MARK}=1>", f'" {MARK}="1', f"' {MARK}='1", f"</textarea><{MARK}>", f"</title><{MARK}>--><{MARK}>",
    f"javascript:{MARK}", "{{7*7}}", "${7*7}", "%(name)s", "%s%s%n", "{0.__class__}", f"//{EVIL}", f"https://{EVIL}/",
    f"/\\{EVIL}", f"\\\\{EVIL}", f"/%09/{EVIL}", f"/\t/{EVIL}", f"/ /{EVIL}", f"///{EVIL}", f"/..//{EVIL}",
    f"@{EVIL}", f"a\r\nX-{MARK}: 1", f"a\nSet-Cookie: {MARK}=1", "a\rb", "\0", "a\0b", "\x1b[31m", "\u202egnp.exe",
    "\u200f\u200f", "\ufeff", "\ud800", "\udfff\ud800", "a\u0301" * 300, "\U0001f600" * 50, "ﷺ" * 200, "İ", "ß" * 300,
    "", " ", "\t\n", "0", "-1", "1e309", "NaN", "Infinity", "1_000", "٣", "½", "²", "0x10", "+5", "9" * 400, str(2**31),
    str(2**63), str(-(2**63) - 1), "1.5", "true", "null", "None", "undefined", "[]", "a[]", "2026-02-30", "0000-00-00",
    "9999-12-31", "10000-01-01", "2026-W01-1", "20261130", "2026-11-30T25:61", "-2026-11-30", "٢٠٢٦-١١-٣٠", "24:00",
    "20261130T1400Z", "first-consultation~northside~any~dr-cruz~00010101T0000Z", "~~~~", "~" * 500,
    "first-consultation~northside~any~dr-cruz~99991231T2359Z", "first-consultation~~~~20261130T1400Z", "A" * 22,
    "A" * 43, "../../etc/passwd", "..%2f..%2f", "' OR '1'='1", "1; DROP TABLE patient--", "\\x27", "a@b", "a@b.c\nd",
    f"a@{EVIL}>,<b@c.d", '"a b"@c.d', "=cmd()", "x" * 5_000, "x" * 100_000, "\n" * 5_000, "y" * 1_000_000,
)  # fmt: skip
"""Markup, other sites, headers, control characters, odd text, odd numbers, odd dates, odd ids, and too much of it."""

CONTENT_TYPES = (
    "application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data",
    "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "b" * 300, "application/xml", "", ";;;",
    "application/x-www-form-urlencoded; charset=utf-7", "application/x-www-form-urlencoded; charset=" + MARK,
)  # fmt: skip
HEADERS: tuple[tuple[str, str], ...] = (
    ("Host", EVIL), ("Host", f"localhost:8000@{EVIL}"), ("Host", "localhost:99999"), ("X-Forwarded-Host", EVIL),
    ("X-Forwarded-For", f"<{MARK}>"), ("X-Forwarded-Proto", "javascript"), ("Forwarded", f"host={EVIL}"),
    ("Origin", f"https://{EVIL}"), ("Origin", "http://["), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Site", MARK), ("Referer", f"https://{EVIL}/{MARK}"), ("Cookie", "respite_session=" + "c" * 60),
    ("Cookie", "respite_session=\xff\xfe; ==;;; theme=" + MARK), ("Cookie", f"theme=<{MARK}>; respite_session="),
    ("Cookie", "respite_session=" + "d" * 8_000), ("Accept-Language", "x" * 2_000), ("Accept-Language", "tlh;q=zz,*"),
    ("Accept", "\xff"), ("HX-Request", "true"), ("HX-Current-URL", f"https://{EVIL}"), ("Range", "bytes=5-1,9-"),
    ("If-Modified-Since", "Thu, 99 Foo 99999"), ("If-None-Match", '"' * 50), ("Content-Length", "-1"),
    ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"), ("User-Agent", f"<{MARK}>\x7f"),
    ("X-Request-ID", f"{MARK}\t{MARK}"), ("X-HTTP-Method-Override", "DELETE"), ("Authorization", "Basic !!!"),
)  # fmt: skip


@cache
def names_read() -> tuple[str, ...]:
    """Every name that a form of ours has or that a view asks the request for."""
    in_forms = {name for form in forms_of(FlaskForm) for name in vars(form) if not name.startswith("_")}
    in_views = {name for file in WEB.rglob("*.py") for name in READ_BY_VIEWS.findall(file.read_text())}
    return tuple(sorted(in_forms | in_views | {"next", "csrf_token", "lang"}))


def forms_of(base: type[Any]) -> Iterator[type[Any]]:
    """All classes of forms of ours, those of others that are loaded left out."""
    for form in base.__subclasses__():
        if form.__module__.startswith("booking."):
            yield form
        yield from forms_of(form)


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request. `fields` may repeat names; `headers` come on top of those of a browser."""

    row: Row
    name: str
    path: str
    query: str
    fields: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]

    def send(self, client: FlaskClient) -> TestResponse:
        headers = dict(self.headers)
        body = encoded(self.fields).encode()
        kind = headers.pop("Content-Type", "application/x-www-form-urlencoded")
        options: dict[str, Any] = {"data": body, "content_type": kind} if self.row.method != "GET" else {}
        return client.open(
            self.path, method=self.row.method, query_string=self.query, headers=headers, buffered=True, **options
        )

    def __str__(self) -> str:
        fields = [(name, value[:60]) for name, value in self.fields]
        return f"{self.name}: {self.row.method} {self.path[:120]}?{self.query[:200]} {fields} {self.headers}"[:900]


def encoded(fields: Sequence[tuple[str, str]]) -> str:
    """As a browser sends them; lone surrogates as the bytes that some send for them."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in fields)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@dataclass
class Maker:
    """Makes requests to one route, as those it lets in (and now and then others), around what its page would send."""

    driver: Driver
    chance: Random
    good: dict[str, dict[str, str]] = field(default_factory=dict)

    def make(self, row: Row) -> Hostile:
        chance = self.chance
        may = [name for name in CAST if self.driver.world.role(name) in row.who]
        name = chance.choice(may if chance.random() < 0.9 else CAST)
        path = self._path(row)
        query = encoded(self._fields({}, most=3)) if chance.random() < (0.2 if row.method != "GET" else 0.8) else ""
        usual = self._usual(name, path) if row.method != "GET" else {}
        fields = self._fields(usual, most=4) if row.method != "GET" else ()
        headers = tuple(dict([chance.choice(HEADERS)]).items()) if chance.random() < 0.25 else ()
        if row.method != "GET" and chance.random() < 0.05:
            headers = (*headers, ("Content-Type", chance.choice(CONTENT_TYPES)))
        return Hostile(row, name, path, query, fields, headers)

    def _path(self, row: Row) -> str:
        """The address with good values, or with one that is not."""
        rule = rule_of(self.driver.app, row)
        values = self.good.setdefault(row.endpoint, {})
        for name in rule.arguments - values.keys():
            values[name] = maker_of(row.endpoint, name)(self.driver.world)[0].value
        bad = self.chance.choice(sorted(rule.arguments)) if rule.arguments and self.chance.random() < 0.2 else None

        def put(found: re.Match[str]) -> str:
            return _quoted(self._word()[:2_000] if found[1] == bad else values[found[1]])

        return PARAMETER.sub(put, rule.rule)

    def _usual(self, name: str, path: str) -> dict[str, str]:
        """What the form of the page at that address would send, if there is one."""
        if self.chance.random() < 0.4:
            return {}
        page = self.driver.client(name).get(path, buffered=True)
        return form_values(page.text) if page.mimetype == "text/html" else {}

    def _fields(self, usual: Mapping[str, str], *, most: int) -> tuple[tuple[str, str], ...]:
        """The usual ones with some of them spoilt, some more, one twice."""
        chance = self.chance
        fields = list(usual.items())
        for _ in range(chance.randint(1, most)):
            if fields and chance.random() < 0.6:
                place = chance.randrange(len(fields))
                fields[place] = (fields[place][0], self._word())
            else:
                fields.append((chance.choice(names_read()) + chance.choice(("", "", "", "[]", "-day")), self._word()))
        if chance.random() < 0.1:
            fields.append((fields[0][0], self._word()))
        if chance.random() < 0.02:
            fields += [(self._word()[:200], "1")] * 500
        return tuple(fields)

    def _word(self) -> str:
        word = self.chance.choice(WORDS)
        return word + self.chance.choice(WORDS)[:2_000] if self.chance.random() < 0.15 else word


class Page(HTMLParser):
    """What is in a page: markup that came from the request, the values its forms would send, the names of the fields
    that take any text, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.values: dict[str, str] = {}
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self._open_choice: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == MARK or any(MARK in name for name in given):
            self.found.append(f"markup of the request in <{tag}>")
        self.addresses += [value for name, value in attrs if name in URL_ATTRIBUTES and value]
        for name, value in attrs:
            if name in URL_ATTRIBUTES and value and leads_away(value):
                self.found.append(f"{name} of <{tag}> leads to {value[:80]!r}")
        if tag in {"input", "button", "select", "textarea"} and given.get("name"):
            is_unchosen = given.get("type") in {"radio", "checkbox"} and (given["name"] or "") in self.values
            if not is_unchosen:
                self.values[given["name"] or ""] = given.get("value") or "1"
            self._open_choice = given["name"] if tag == "select" else None
            if tag == "textarea" or (tag == "input" and given.get("type", "text") in TYPED):
                self.texts.append(given["name"] or "")
        if tag == "option" and self._open_choice and given.get("value"):
            self.values[self._open_choice], self._open_choice = given["value"] or "", None


def form_values(text: str) -> dict[str, str]:
    """Names and values of the fields of a page, the first of each choice."""
    return Page(text).values


def leads_away(address: str) -> bool:
    """Whether a browser would follow it to another site, or run it."""
    plain = re.sub(r"[\t\r\n]", "", address).strip().replace("\\", "/")
    if plain.lower().startswith(("javascript:", "vbscript:")):
        return True
    try:
        parts = urlsplit(plain)
    except ValueError:
        return True
    return parts.scheme not in {"mailto", "tel", "data"} and EVIL in parts.netloc


def faults(answer: TestResponse) -> list[str]:
    """What is wrong with an answer, whatever was asked; nothing when all is well."""
    found = [f"status {answer.status_code}"] if answer.status_code >= 500 else []
    for name, value in answer.headers:
        if MARK in name.lower() or re.search(r"[\r\n\0]", value):
            found.append(f"header {name}: {value[:80]!r}")
        if name == "Set-Cookie" and MARK in value:
            found.append(f"cookie {value[:80]!r}")
    target = answer.headers.get("Location")
    if target and (leads_away(target) or re.match(r"[/\\]{2}", target) or urlsplit(target).netloc not in OWN_HOSTS):
        found.append(f"leads to {target[:80]!r}")
    if answer.headers.get("Content-Security-Policy") not in {PAGE_POLICY, FRAMING_POLICY, MAIL_POLICY}:
        found.append("no policy")
    if answer.mimetype == "text/html":
        found += Page(answer.get_data().decode("utf-8", "replace")).found
    return found
