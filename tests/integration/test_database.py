"""The database that every other test stands on."""

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session, sessionmaker

from foundation.database import make_engine


def test_chinese_text_has_trigrams(connection: Connection) -> None:
    """With LC_CTYPE = C it would have none, and the catalogue's search would find nothing."""
    trigrams = connection.execute(text("SELECT show_trgm('离心机')")).scalar()

    assert trigrams


def test_ordinary_role_may_do_all_the_program_does(connection: Connection) -> None:
    is_superuser = connection.execute(text("SHOW is_superuser")).scalar()

    assert is_superuser == "off"


def test_commit_in_a_test_is_only_a_savepoint(
    session_factory: sessionmaker[Session], connection: Connection
) -> None:
    with session_factory.begin() as session:
        session.execute(text("CREATE TABLE made_here ()"))

    assert connection.execute(text("SELECT to_regclass('made_here')")).scalar() is not None
    assert connection.in_transaction()


def test_pool_gives_no_connection_out_that_the_server_closed(
    database_url: str, connection: Connection
) -> None:
    engine = make_engine(database_url, pool_size=1)
    with engine.connect() as lent:
        former = lent.scalar(text("SELECT pg_backend_pid()"))
    ended = connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": former})
    with engine.connect() as lent:
        latter = lent.scalar(text("SELECT pg_backend_pid()"))
    engine.dispose()

    assert ended
    assert latter != former
