"""What the tests of all packages share: stores on both engines, a desk, its people, time and chance."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from desk.context import Desk
from store import schema
from store.database import Database
from store.engine import open_engine
from tests.fakes import postgres
from tests.fakes.desks import FakeChance, FakeClock, Group, engage, opened
from tests.fakes.memory import memory

settings.register_profile("tierdesk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("unshrunk", settings.get_profile("tierdesk"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("tierdesk")

_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: long random histories, run only when asked for with -m soak")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes unless it is asked for by its marker."""
    if "soak" in str(config.getoption("markexpr")):
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: run with -m soak"))


def migrated(url: str) -> None:
    """Bring the empty store at ``url`` to the newest tables and let go of it."""
    database = Database(open_engine(url))
    try:
        schema.migrate(database)
    finally:
        database.close()


@pytest.fixture(scope="session")
def fast_directory() -> Iterator[Path]:
    """Return a directory for stores, in memory where there is room: what commits cost is not what is tested."""
    with tempfile.TemporaryDirectory(prefix="tierdesk-stores-", dir=memory()) as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def sqlite_template(fast_directory: Path) -> Path:
    """Return the file of a migrated, empty embedded store; copying it costs a tenth of migrating."""
    path = fast_directory / "tierdesk.db"
    migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """Start a PostgreSQL server for this process; skip, with the reason, where that is not possible."""
    try:
        server = postgres.start()
    except postgres.Missing as reason:
        pytest.skip(str(reason))
    try:
        server.execute("CREATE DATABASE template_tierdesk")
        migrated(server.url("template_tierdesk"))
        yield server
    finally:
        server.stop()


@pytest.fixture
def sqlite_url(sqlite_template: Path, fast_directory: Path) -> Iterator[str]:
    """Return the address of a migrated embedded store of the test's own."""
    directory = Path(tempfile.mkdtemp(dir=fast_directory))
    path = directory / f"store{next(_numbers)}.db"
    shutil.copyfile(sqlite_template, path)
    yield f"sqlite:///{path}"
    shutil.rmtree(directory)


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """Return the address of a migrated PostgreSQL store of the test's own."""
    name = f"store{next(_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE template_tierdesk")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


BOTH = [
    pytest.param("sqlite_url", id="sqlite"),
    pytest.param("postgres_url", id="postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a migrated store, once on each engine."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a store without any table, once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = f"empty{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """Return an open store, once on each engine."""
    opened_store = Database(open_engine(store_url))
    yield opened_store
    opened_store.close()


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still until it is told to move."""
    return FakeClock()


@pytest.fixture
def chance() -> FakeChance:
    """Return chance that counts."""
    return FakeChance()


@pytest.fixture
def desk(sqlite_url: str, clock: FakeClock, chance: FakeChance) -> Iterator[Desk]:
    """Return an open desk on an embedded store."""
    found = opened(sqlite_url, clock, chance)
    yield found
    found.close()


@pytest.fixture
def any_desk(store_url: str, clock: FakeClock, chance: FakeChance) -> Iterator[Desk]:
    """Return an open desk, once on each engine."""
    found = opened(store_url, clock, chance)
    yield found
    found.close()


@pytest.fixture
def actors(desk: Desk) -> Group:
    """Return the people of ``desk``, one for each role."""
    return engage(desk)
