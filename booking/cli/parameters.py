"""Kinds of values that several commands take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click


class Instant(click.ParamType[datetime]):
    """An instant with its zone, such as 2026-12-01T14:00Z; comes out in UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant; a value without zone is refused, since nobody could say which one was meant."""
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant like 2026-12-01T14:00Z.", param, ctx)
        if instant.tzinfo is None:
            self.fail(f"{value!r} names no zone: write 2026-12-01T14:00Z or 2026-12-01T09:00-05:00.", param, ctx)
        return instant.astimezone(UTC)
