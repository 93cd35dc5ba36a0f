"""Two requests of one browser change one session: what each changed holds, and nothing that it only carried along."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

_MISSING = object()


def merged(
    stored: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by_entry: AbstractSet[str] = frozenset(),
) -> dict[str, Any]:
    """`stored` with what changed between `before` and `after`.

    A value that changed is taken as a whole: half of one draft and half of another would be nobody's. Those named in
    `by_entry` are collections that several requests add to, and are merged entry by entry."""
    result = {}
    for key in dict.fromkeys([*stored, *after]):
        now, then, kept = after.get(key, _MISSING), before.get(key, _MISSING), stored.get(key, _MISSING)
        if now == then:
            value = kept
        elif key in by_entry:
            value = _merged_entries(kept, then, now)
        else:
            value = now
        if value is not _MISSING:
            result[key] = value
    return result


def _merged_entries(kept: Any, then: Any, now: Any) -> Any:
    """Lists gain what was added and lose what was taken out; mappings are merged key by key; else the new value."""
    if isinstance(kept, list):
        earlier, later = _as_list(then), _as_list(now)
        gone, new = _without(earlier, later), _without(later, earlier)
        return [*_without(kept, [*gone, *new]), *new] or _MISSING
    if isinstance(kept, dict):
        return merged(kept, _as_dict(then), _as_dict(now)) or _MISSING
    return now


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _without(entries: list[Any], others: list[Any]) -> list[Any]:
    return [entry for entry in entries if entry not in others]
