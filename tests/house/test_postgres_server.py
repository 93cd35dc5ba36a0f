"""The PostgreSQL server of the tests: it works, several may run at once, and none outlives the one who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests import postgres_keeper
from tests.postgres import PostgresServer, running_postgres

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="Another server is named; ours is not used.")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as running:
        yield running


def ask(url: str, question: str) -> object:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.exec_driver_sql(question).scalar_one()


def folder_of(url: str) -> Path:
    return Path(str(make_url(url).query["host"])).parent


def is_gone(folder: Path) -> bool:
    """The server's folder is removed only after the server has stopped."""
    return not folder.exists()


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_a_database_of_the_expected_version_zone_and_order_is_made(server: PostgresServer) -> None:
    with server.temporary_database() as url:
        assert int(str(ask(url, "SHOW server_version_num"))) >= 180000
        assert ask(url, "SHOW timezone") == "UTC"
        assert ask(url, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"


def test_it_listens_on_no_port_and_others_may_not_enter(server: PostgresServer) -> None:
    assert ask(server.url("postgres"), "SHOW listen_addresses") == ""
    assert folder_of(server.url("postgres")).joinpath("socket").stat().st_mode & 0o077 == 0


def test_a_database_is_copied_from_a_template_and_dropped_while_in_use(server: PostgresServer) -> None:
    template = server.create_database('odd "name"')
    engine = create_engine(template, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE visit AS SELECT 7 AS number")
    copy = server.create_database("copy", template='odd "name"')
    idle = create_engine(copy, poolclass=NullPool).connect()
    assert idle.exec_driver_sql("SELECT number FROM visit").scalar_one() == 7
    server.drop_database("copy")
    server.drop_database("copy")
    with pytest.raises(OperationalError):
        ask(copy, "SELECT 1")
    idle.invalidate()
    idle.close()


def test_two_servers_run_side_by_side_and_both_are_gone_afterwards() -> None:
    with running_postgres() as first, running_postgres() as second:
        folders = [folder_of(one.url("postgres")) for one in (first, second)]
        first.create_database("same")
        second.create_database("same")
        assert folders[0] != folders[1]
    assert all(is_gone(folder) for folder in folders)


def test_a_named_server_is_used_instead_of_a_new_one(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", server.url("postgres").replace("postgresql+psycopg", "postgresql"))
    with running_postgres() as named:
        assert named.url("x") == server.url("x")
    assert ask(server.url("postgres"), "SELECT 1") == 1


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """A developer's `python -m tests.postgres`, which has printed its URL."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.postgres"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("order", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_is_gone_after_its_starter_ends(holder: subprocess.Popen[str], order: signal.Signals) -> None:
    assert holder.stdout is not None
    url = holder.stdout.readline().strip()
    assert ask(url, "SELECT 1") == 1
    holder.send_signal(order)
    assert eventually(lambda: is_gone(folder_of(url)))


def test_the_server_is_gone_although_a_fork_of_its_starter_holds_the_pipe() -> None:
    script = (
        "import os, signal, time\n"
        "from tests.postgres import running_postgres\n"
        "with running_postgres() as server:\n"
        "    print(server.url('postgres'), flush=True)\n"
        "    if os.fork() == 0:\n"
        "        print(os.getpid(), flush=True)\n"
        "        time.sleep(60)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT) as starter:
        assert starter.stdout is not None
        url, fork = starter.stdout.readline().strip(), int(starter.stdout.readline())
        starter.kill()
        assert eventually(lambda: is_gone(folder_of(url)))
        os.kill(fork, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells a process of its parent's death.")
def test_the_server_dies_with_a_killed_keeper_and_the_next_one_sweeps_its_folder(
    holder: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert holder.stdout is not None
    url = holder.stdout.readline().strip()
    folder = folder_of(url)
    postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    keeper = int(Path(f"/proc/{postmaster}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(keeper, signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{postmaster}").exists())
    monkeypatch.setattr(postgres_keeper, "STALE_AFTER_SECONDS", 0.0)
    postgres_keeper.sweep_stale_folders(folder.parent)
    assert is_gone(folder)


def test_a_sweep_leaves_the_folder_of_a_living_keeper(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(server.url("postgres"))
    monkeypatch.setattr(postgres_keeper, "STALE_AFTER_SECONDS", 0.0)
    postgres_keeper.sweep_stale_folders(folder.parent)
    assert ask(server.url("postgres"), "SELECT 1") == 1
    assert folder.exists()


def test_a_missing_package_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_keeper, "PACKAGE", "no_such_package")
    with pytest.raises(postgres_keeper.CannotStartError, match=r"no-such-package .* is not installed"):
        postgres_keeper.packaged_install()
