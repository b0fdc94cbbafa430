"""The database that every other test stands on."""

import contextlib

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from foundation.database import ask_at_once, make_engine, make_session_factory


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


def test_statement_past_sqlalchemy_is_in_the_sessions_transaction(
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory.begin() as session:
        session.execute(text("CREATE TEMPORARY TABLE counted (number integer)"))
        ask_at_once(session, "INSERT INTO counted VALUES (%(n)s) RETURNING number", {"n": 3})
        found = session.scalars(text("SELECT number FROM counted")).all()

    assert found == [3]


def test_statement_past_sqlalchemy_fails_as_others_do_and_tells_no_parameters(
    session_factory: sessionmaker[Session],
) -> None:
    with pytest.raises(DataError) as refused, session_factory.begin() as session:
        ask_at_once(
            session,
            "SELECT %(divided)s::integer / 0, %(secret)s",
            {"divided": 1, "secret": "11010519491231002X"},
        )

    assert "11010519491231002X" not in str(refused.value)


def test_server_that_goes_away_under_a_statement_past_sqlalchemy_is_found_again(
    database_url: str, connection: Connection
) -> None:
    engine = make_engine(database_url, pool_size=1)
    sessions = make_session_factory(engine)
    with contextlib.suppress(OperationalError), sessions.begin() as session:
        ((former,),) = ask_at_once(session, "SELECT pg_backend_pid()", {})
        connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": former})
        with pytest.raises(OperationalError):
            ask_at_once(session, "SELECT 1", {})
    with sessions.begin() as session:
        ((latter,),) = ask_at_once(session, "SELECT pg_backend_pid()", {})
    engine.dispose()

    assert latter != former
