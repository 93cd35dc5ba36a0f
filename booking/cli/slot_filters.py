"""The options of `slots` that only filter: which kind of visit, when on the day, with whom and where."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from booking.core.clinic_file.times import DAY_NAMES, span_or_none
from booking.core.scheduling.clinic import MinuteSpan
from booking.core.scheduling.local_time import DAY
from booking.core.scheduling.wishes import Wishes

Returned = TypeVar("Returned")


class DaySpan(click.ParamType[MinuteSpan]):
    """Wall-clock minutes of one day, such as 09:00-12:00."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> MinuteSpan:
        """The span; it ends after it starts, on the same day."""
        span = value if isinstance(value, MinuteSpan) else span_or_none(value)
        if span is None or not span.starts < span.ends <= DAY:
            self.fail(f"{value!r} is no span of a day like 09:00-12:00.", param, ctx)
        return span


def wish_options(command: Callable[..., Returned]) -> Callable[..., Returned]:
    """Give the command the options of wishes; it gets them as one argument, `wishes`."""

    @click.option("--between", "day_spans", type=DaySpan(), multiple=True, help="Time of day of the start; repeatable.")
    @click.option("--weekday", "weekdays", type=click.Choice(DAY_NAMES), multiple=True, help="Repeatable.")
    @click.option("--language", help="Only specialists who speak it, such as es.")
    @click.option("--step-free", is_flag=True, help="Only locations without steps, for visits in person.")
    @wraps(command)
    def with_wishes(
        *arguments: Any,
        day_spans: tuple[MinuteSpan, ...],
        weekdays: tuple[str, ...],
        language: str | None,
        step_free: bool,
        **options: Any,
    ) -> Returned:
        numbers = frozenset(DAY_NAMES.index(name) for name in weekdays)
        return command(*arguments, wishes=Wishes(day_spans, numbers, language, step_free), **options)

    return with_wishes
