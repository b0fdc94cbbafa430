"""The table base class, constraint names, engines, and how constraint violations are read."""

import select
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    MetaData,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, Range
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from foundation.identifiers import UUID_TYPES

SessionFactory = Callable[[], Session]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


TYPES: dict[Any, Any] = {
    datetime: DateTime(timezone=True),
    int: BigInteger,
    dict[str, Any]: JSONB,
    dict[str, int]: JSONB,
    list[Any]: JSONB,
    Range[datetime]: TSTZRANGE,
    UUID: Uuid,
    **dict.fromkeys(UUID_TYPES, Uuid),
}


class Base(DeclarativeBase):
    """Every table; times carry zones, whole numbers are wide, ids have kinds."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


def make_engine(url: str, *, pool_size: int = 20, application_name: str = "yixiang") -> Engine:
    """Open a pool on PostgreSQL through psycopg 3.

    Every wait has an end: 5 s to connect, 15 s a statement, 10 s for a lock, and a
    peer that vanished is given up after 15 s, so that no request hangs for ever.
    """
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=pool_size,
        # An error's message goes to the log, and parameters may be personal data.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "tcp_user_timeout": 15_000,
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "application_name": application_name,
            "options": "-c statement_timeout=15s -c lock_timeout=10s -c timezone=UTC",
        },
    )
    event.listen(engine, "checkout", require_silent)
    return engine


def require_silent(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
    """Give no connection out that its server has closed; the pool opens another instead.

    An idle server has nothing to say but farewell, so the socket tells, without the round
    trip of a ping; a server that vanished without a word, the kernel's keep-alive finds.
    """
    idle = select.poll()
    idle.register(cast("psycopg.Connection[object]", connection).fileno(), select.POLLIN)
    if idle.poll(0):
        raise DisconnectionError("the server closed it, or has something to say")


def make_session_factory(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False)


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint that the database says was violated."""
    diagnostics = getattr(error.orig, "diag", None)
    name = getattr(diagnostics, "constraint_name", None)
    return name if isinstance(name, str) else None


def ask_at_once(
    session: Session, statement: LiteralString, parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Send the driver's own SQL in the session's transaction, and return its rows.

    For the few statements that every reservation waits for: SQLAlchemy's way to a statement
    and back costs as much again as the driver's.

    Raises:
        sqlalchemy.exc.DBAPIError: the kind that SQLAlchemy would raise.
    """
    session.flush()
    connection = session.connection()
    driver = cast("psycopg.Connection[tuple[Any, ...]]", connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor:
            return cursor.execute(statement, parameters).fetchall()
    except psycopg.Error as error:
        raise DBAPIError.instance(
            statement,
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=driver.closed,
            dialect=connection.dialect,
        ) from error
