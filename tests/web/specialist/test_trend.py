"""A score over time as a picture: totals alone are dots, and what has none says why in the table."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from booking.core.questionnaires.library import SHIPPED
from booking.services.before_visit import ScoreTrend
from booking.services.read_forms import ScorePoint
from booking.web.specialist.trend import HEIGHT, WIDTH, TrendPicture, trend_picture
from tests.factories import NOW

TORONTO = ZoneInfo("America/Toronto")


def picture(app: Flask, *points: ScorePoint, code: str = "peg") -> TrendPicture:
    with app.test_request_context():
        form = SHIPPED.latest(code)
        return trend_picture(ScoreTrend(form, points, SHIPPED.tables.for_form(form)), TORONTO)


def point(days: int, value: str | None, *missing: str, is_readable: bool = True) -> ScorePoint:
    total = None if value is None else Decimal(value)
    return ScorePoint(NOW + timedelta(days=days), "peg-mean-1", total, missing, is_readable)


def test_dots_stand_by_time_and_between_the_ends(app: Flask) -> None:
    drawn = picture(app, point(0, "10.0"), point(10, "5.0"), point(40, "0.0"))
    assert [dot.value for dot in drawn.dots] == ["10", "5", "0"]
    assert (drawn.lowest, drawn.highest, drawn.title) == ("0", "10", "PEG total score")
    first, second, last = drawn.dots
    assert second.x - first.x == pytest.approx((last.x - first.x) / 4, abs=0.2)
    assert all(0 < dot.x < WIDTH and 0 < dot.y < HEIGHT for dot in drawn.dots)
    assert first.y < second.y < last.y


def test_what_has_no_total_is_no_dot_and_says_why(app: Flask) -> None:
    lost = point(3, None, is_readable=False)
    drawn = picture(app, point(0, None, "a"), point(1, None, "a", "b"), point(2, "6.7"), lost)
    assert [row.value for row in drawn.rows] == [
        "cannot be read", "6.7", "no total: 2 questions not answered", "no total: 1 question not answered",
    ]  # fmt: skip
    assert (len(drawn.dots), drawn.line, drawn.newest) == (1, "", "cannot be read")


def test_an_instrument_without_a_table_here_ends_where_its_totals_do(app: Flask) -> None:
    drawn = picture(app, point(0, "3"), code="goals")
    assert (drawn.lowest, drawn.highest, drawn.title) == ("0", "3", SHIPPED.latest("goals").title)
