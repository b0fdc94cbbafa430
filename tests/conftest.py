"""Fixtures every layer shares: a database cloned for each worker, and a real broker."""

import gc
from collections.abc import Iterator

import hypothesis
import pytest
from _pytest.nodeid import coerce_node_id
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from foundation.database import make_engine
from tests.servers import BrokerUnderTest, Databases, run_broker

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

DATABASES = pytest.StashKey[Databases]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="run the tests marked `long` at their full length"
    )
    parser.addoption("--full", action="store_true", help="run the tests marked `full` too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for --full, and begin with what would be waited for at the end."""
    if not (config.getoption("--full") or config.getoption("--long")):
        left_out = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]
    # A group is one worker's alone, and so takes the longest.
    items.sort(
        key=lambda item: (
            item.get_closest_marker("xdist_group") is None,
            item.get_closest_marker("early") is None,
        )
    )
    if hasattr(config, "workerinput"):
        # xdist 3.8 names groups by an attribute that pytest 9.2 no longer reads.
        for item in items:
            if group := item.get_closest_marker("xdist_group"):
                item._id = coerce_node_id(f"{item.nodeid}@{group.args[0]}")  # noqa: SLF001 - see above


def pytest_collection_finish() -> None:
    """Keep what was imported out of the garbage collector's sight: it would look in vain."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    # A worker is told by its controller where the server is.
    told = getattr(config, "workerinput", {}).get("databases")
    config.stash[DATABASES] = Databases(told)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Start the server once, in the controller, which outlives all workers."""
    databases = node.config.stash[DATABASES]  # type: ignore[attr-defined] # xdist has no types
    node.workerinput["databases"] = databases.start()  # type: ignore[attr-defined] # likewise


def pytest_unconfigure(config: pytest.Config) -> None:
    databases = config.stash.get(DATABASES, None)
    if databases is not None:
        databases.stop()


@pytest.fixture(scope="session")
def database_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """A migrated database of this worker's own, as a postgresql:// address."""
    worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "main")
    with pytestconfig.stash[DATABASES].lend(worker) as url:
        yield url


@pytest.fixture
def empty_database_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """A migrated database for one test alone, with nothing in it; 50 ms, so use it sparingly."""
    worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "main")
    with pytestconfig.stash[DATABASES].lend(f"{worker}_once") as url:
        yield url


@pytest.fixture
def superuser_url(pytestconfig: pytest.Config, empty_database_url: str) -> str:
    """The empty database's address as a superuser, for what only one may do: roles, dumps."""
    return pytestconfig.stash[DATABASES].as_superuser(empty_database_url)


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, application_name="yixiang tests")
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        if transaction.is_active:
            transaction.rollback()


@pytest.fixture
def session_factory(connection: Connection) -> sessionmaker[Session]:
    """Sessions whose commits are savepoints in the test's transaction."""
    return sessionmaker(
        connection, join_transaction_mode="create_savepoint", expire_on_commit=False
    )


@pytest.fixture
def session(session_factory: sessionmaker[Session]) -> Iterator[Session]:
    with session_factory() as session:
        yield session


@pytest.fixture(scope="session")
def broker() -> Iterator[BrokerUnderTest]:
    """A real broker with accounts and access lists: mosquitto where there is one, else aedes."""
    with run_broker() as broker:
        yield broker
