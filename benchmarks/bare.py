"""The anchor of page rows: a bare Flask and Jinja application that renders a page of a given size from memory.

Run by gunicorn as `benchmarks.bare:app`; BARE_BYTES says how large the page shall be.
"""

from __future__ import annotations

import os

from flask import Flask, render_template_string

ITEM = """<li><form method="post" action="/hold"><input type="hidden" name="starts_at" value="{{ slot.value }}">
<button type="submit" class="slot"><b>{{ slot.time }}</b><span> {{ slot.day }}, with {{ slot.who }}</span></button>
</form></li>"""
PAGE = (
    "<!doctype html><html lang='en'><head><title>{{ title }}</title></head><body><main><h1>{{ title }}</h1><ul>"
    "{% for slot in slots %}" + ITEM + "{% endfor %}</ul></main></body></html>"
)
SLOT = {"value": "2026-11-24T15:20:00Z", "time": "10:20 am", "day": "Tuesday 24 November", "who": "Dr A. Moreau"}

app = Flask(__name__)
wanted = int(os.environ.get("BARE_BYTES", "40000"))
with app.app_context():
    _one = len(render_template_string(PAGE, title="Times", slots=[SLOT]))
    _two = len(render_template_string(PAGE, title="Times", slots=[SLOT, SLOT]))
slots = [SLOT] * max(1, (wanted - _one) // (_two - _one) + 1)


@app.get("/")
def page() -> str:
    """The page, rendered anew for every request."""
    return render_template_string(PAGE, title="Times", slots=slots)
