"""Which tests run in one process, one after the other: those that share a running program or something slow to make.

`xdist_group` of pytest-xdist 3.8 does nothing with pytest 9.2, which keeps ids elsewhere: every process then starts all
programs of a file for itself.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "tests/ui/",
    "tests/house/test_pseudo_locale.py",
    "tests/torture/test_canaries.py",
    "tests/torture/test_hostile_input.py",
    "tests/torture/test_sessions.py",
)


def is_together(nodeid: str) -> bool:
    """Whether the tests of that file stay together."""
    return nodeid.startswith(TOGETHER)


def work_unit(nodeid: str) -> str:
    """What is given to one process: a file on one database, or else the single test."""
    if not is_together(nodeid):
        return nodeid
    return f"{nodeid.partition('::')[0]} {'postgres' if '[postgres' in nodeid else ''}"


class WorkUnits(LoadScopeScheduling):
    """Gives out work units in the order of the collection (`--no-loadscope-reorder`)."""

    def _split_scope(self, nodeid: str) -> str:
        return work_unit(nodeid)
