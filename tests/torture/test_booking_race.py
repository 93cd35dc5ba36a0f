"""Scoreboard 1. Clients race for one time by all the ways there are, drawn at random: one gets it, all others are told
that it is taken, and no two reservations overlap in the end."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from tests.databases import Database
from tests.factories import MONDAY
from tests.torture import unguarded
from tests.torture.hours import CHICAGO, hour_starts, hours_after, open_for_years
from tests.torture.racing import CLIENTS, Outcome, Racers, overlaps, racers
from tests.torture.sizes import IS_LONG, SEED, percentile, print_figures, sized
from tests.torture.ways import TAKEN, WAYS, Stage, draw_target, draw_ways

pytestmark = pytest.mark.torture

ROUNDS = sized(120, 5000)
CONTROL_ROUNDS = sized(10, 500)
LONGEST_SECONDS = 0.5


@pytest.fixture
def stage(session: Session) -> Stage:
    """One room, open for years."""
    session.execute(sa.text("UPDATE resource SET is_active = false WHERE code = 'room-2'"))
    open_for_years(session)
    return Stage(session, hours_after(MONDAY, CHICAGO))


def race(field: Racers, stage: Stage, number: int) -> dict[tuple[str, ...], list[Outcome]]:
    """All rounds; the ways of each round with what came of them. Keys begin with the number of the round."""
    chance = Random(SEED)
    rounds = {}
    for turn, starts_at in enumerate(hour_starts(MONDAY, number)):
        names = draw_ways(chance, CLIENTS)
        deeds = [WAYS[name](stage, draw_target(chance, starts_at)) for name in names]
        stage.session.rollback()
        rounds[str(turn), *names] = field.race(*deeds)
    return rounds


def winners(outcomes: list[Outcome]) -> int:
    return sum(outcome.code == "ok" for outcome in outcomes)


def test_one_client_of_each_round_gets_the_time(stage: Stage, database: Database) -> None:
    with racers(lambda: create_engine(database.url)) as field:
        rounds = race(field, stage, ROUNDS)

    told = Counter(outcome.code for outcomes in rounds.values() for outcome in outcomes)
    seconds = [outcome.seconds for outcomes in rounds.values() for outcome in outcomes]
    found, slowest = overlaps(stage.session), percentile(seconds, 0.99)
    print_figures(
        f"booking race, {database.name}", rounds=ROUNDS, clients=CLIENTS, winners=told["ok"], overlaps=found,
        ms_p99=round(slowest * 1000),
    )  # fmt: skip
    assert {names: winners(outcomes) for names, outcomes in rounds.items() if winners(outcomes) != 1} == {}
    assert told.keys() - TAKEN == {"ok"}
    assert found == 0
    assert slowest <= LONGEST_SECONDS or not IS_LONG


def test_without_guards_the_same_race_finds_overlaps(
    stage: Stage, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: were the guards not there, the race would see it."""
    unguarded.drop_guards(stage.session)
    unguarded.take_locks_away(monkeypatch)
    with racers(unguarded.engine_without_locks(database.url)) as field:
        rounds = race(field, stage, CONTROL_ROUNDS)

    found = overlaps(stage.session)
    print_figures(f"booking race without guards, {database.name}", rounds=CONTROL_ROUNDS, overlaps=found)
    assert max(winners(outcomes) for outcomes in rounds.values()) > 1
    assert found >= CONTROL_ROUNDS // 10
