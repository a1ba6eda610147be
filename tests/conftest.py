"""
Shared fixtures: one embedded Postgres for each process of tests, and for each test a home and a database of its own.

A test that asks for `home` has GOLDENTHREAD_HOME and GOLDENTHREAD_DATABASE_URL set, so that `Store.open(home)`, the
SDK and child processes all use that test's database, without starting a server. A test that asks for `world` finds in
both the people of `make_world`, granted once for all tests of the process.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from chaos.own_postgres import OwnPostgres
from demo_homes import SHARED
from goldenthread.record.ledger import LEDGER_SCHEMA, Ledger, Vault
from goldenthread.record.store import Home, Store
from goldenthread.record.store.server import SETTINGS, EmbeddedServer
from workplace import sign_slices
from worlds import Model, make_world

with suppress(ImportError):  # the environments of frameworks bring only what their own tests need
    from hypothesis import settings

    # The same examples each time; how long one takes is the machine's affair.
    settings.register_profile("goldenthread", deadline=None, derandomize=True)
    settings.load_profile("goldenthread")

_TEMPLATE = "template_ledger"
_PEOPLED = "template_people"
_EMPLOYED = "template_slices"
_numbers = itertools.count(1)
_NO_SYNC = {"fsync": "off", "full_page_writes": "off"}
"""
Tests wait for no disk: each makes a database and drops it. What is to outlive a power cut is proved on servers of their
own; a server that is killed loses nothing by it.
"""


def pytest_configure(config: pytest.Config) -> None:
    """Give all processes of this run one folder to share: the first makes it, the others find it."""
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="goldenthread-tests-"))
        folder.chmod(0o755)  # As root a database runs as another OS user, which must get through.
        os.environ[SHARED] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever made it removes it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def own_boundaries() -> Iterator[None]:
    """No test keeps boundaries in the folder of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDENTHREAD_CACHE", "off")
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer | OwnPostgres]:
    """This process's Postgres, ours or the one that was asked for, with a template that has the ledger's tables."""
    programs = os.environ.get("GOLDENTHREAD_TEST_POSTGRES")
    if programs:
        yield from _own_server(Path(programs))
    else:
        yield from _embedded_server()


def _own_server(programs: Path) -> Iterator[OwnPostgres]:
    server = OwnPostgres(programs, _NO_SYNC)
    try:
        with server.connect("postgres") as connection:
            connection.execute(f"create database {_TEMPLATE}".encode())
        with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
            patch.setenv("GOLDENTHREAD_DATABASE_URL", server.url(_TEMPLATE))
            with Store.open(Home(Path(folder) / "home"), schemas=[LEDGER_SCHEMA]):
                pass
        yield server
    finally:
        server.leave()


def _embedded_server() -> Iterator[EmbeddedServer]:
    folder = Path(tempfile.mkdtemp(prefix="goldenthread-tests-"))
    folder.chmod(0o755)  # As root the server runs as another OS user, which must get through.
    home = Home(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GOLDENTHREAD_DATABASE_URL", raising=False)
        for name, value in _NO_SYNC.items():
            patch.setitem(SETTINGS, name, value)
        with Store.open(home, schemas=[LEDGER_SCHEMA], database=_TEMPLATE, keep=True):
            pass
    server = EmbeddedServer(home)
    server.join()
    try:
        yield server
    finally:
        server.leave()
        shutil.rmtree(server.place.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def peopled(server: EmbeddedServer | OwnPostgres, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A home with the people of `make_world`."""
    home = tmp_path_factory.mktemp("peopled") / "home"
    _create(server, _PEOPLED, _TEMPLATE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDENTHREAD_DATABASE_URL", server.url(_PEOPLED))
        make_world(home)
    return Model(home=home, database=_PEOPLED)


@pytest.fixture(scope="session")
def employed(server: EmbeddedServer | OwnPostgres, peopled: Model, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A home with these people and the slices of `workplace.sign_slices`."""
    home = tmp_path_factory.mktemp("employed") / "home"
    shutil.copytree(peopled.home, home)
    _create(server, _EMPLOYED, peopled.database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDENTHREAD_DATABASE_URL", server.url(_EMPLOYED))
        sign_slices(make_world(home))
    return Model(home=home, database=_EMPLOYED)


@pytest.fixture
def copied(request: pytest.FixtureRequest) -> Model | None:
    """What the test's own home begins as a copy of; None if it begins empty."""
    model: Model | None = request.getfixturevalue("peopled") if "world" in request.fixturenames else None
    return model


@pytest.fixture
def database_url(
    server: EmbeddedServer | OwnPostgres, copied: Model | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of a fresh database with the ledger's tables, also in GOLDENTHREAD_DATABASE_URL."""
    with _database(server, copied.database if copied else _TEMPLATE) as url:
        monkeypatch.setenv("GOLDENTHREAD_DATABASE_URL", url)
        yield url


@pytest.fixture
def home(database_url: str, copied: Model | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home, also in GOLDENTHREAD_HOME; its database is this test's."""
    return _home(copied, tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def shared_home(
    server: EmbeddedServer | OwnPostgres, employed: Model, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    """A home with people and slices and a database of its own for a whole module: for scenes that take long."""
    with pytest.MonkeyPatch.context() as patch, _database(server, employed.database) as url:
        patch.setenv("GOLDENTHREAD_DATABASE_URL", url)
        yield _home(employed, tmp_path_factory.mktemp("shared"), patch)


@contextmanager
def _database(server: EmbeddedServer | OwnPostgres, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _create(server, name, template)
    yield server.url(name)
    with server.connect("postgres") as connection:
        connection.execute(f"drop database {name} with (force)".encode())


def _create(server: EmbeddedServer | OwnPostgres, name: str, template: str) -> None:
    with server.connect("postgres") as connection:
        connection.execute(f"create database {name} template {template}".encode())


def _home(model: Model | None, folder: Path, patch: pytest.MonkeyPatch) -> Home:
    home = Home(folder / "home")
    if model is not None:
        shutil.copytree(model.home, home.path)
    home.prepare()
    patch.setenv("GOLDENTHREAD_HOME", str(home.path))
    patch.setenv("GOLDENTHREAD_CACHE", str(folder / "cache"))
    return home


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """The home's store, with the ledger's tables."""
    with Store.open(home, schemas=[LEDGER_SCHEMA]) as store:
        yield store


@pytest.fixture
def ledger(store: Store, home: Home) -> Ledger:
    """The home's ledger."""
    return Ledger(store, Vault(home))


@pytest.fixture
def superuser(database_url: str) -> Iterator[psycopg.Connection]:
    """A session as the database's superuser, who can do what the application can't."""
    with psycopg.connect(database_url, autocommit=True, options="-c search_path=goldenthread") as connection:
        yield connection


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested; from the reports, since tests may have run in other processes than this."""
    reasons = {_reason(report) for report in terminalreporter.stats.get("skipped", [])}
    said = sorted(reason for reason in reasons if reason.startswith("browser-missing: "))
    if said:
        terminalreporter.section("not tested", yellow=True, bold=True)
        for reason in said:
            terminalreporter.write_line(reason)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped; pytest keeps it behind the file and the line."""
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
