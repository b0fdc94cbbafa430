"""`yixiang migrate`: bring the database's tables to this program's version."""

from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

PROJECT = Path(__file__).resolve().parent.parent
# Any number will do, as long as nothing else in the database uses it.
MIGRATION_LOCK = 7_201_956


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply what is missing. Two processes at once take turns; the second finds nothing to do."""
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "migrations"))
    config.attributes["engine"] = engine
    with engine.connect() as guard:
        # A lock of the session: each migration commits on its own.
        guard.execute(text("SET statement_timeout = 0"))
        guard.execute(text("SET lock_timeout = 0"))
        guard.execute(text("SELECT pg_advisory_lock(:number)"), {"number": MIGRATION_LOCK})
        guard.commit()
        try:
            command.upgrade(config, revision)
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": MIGRATION_LOCK})
            guard.commit()
            guard.invalidate()  # its limits were lifted, so it must not go back to the pool


def run(
    revision: Annotated[str, typer.Argument(help="Up to which revision.")] = "head",
) -> None:
    """Bring the database's tables up to date."""
    from foundation.database import make_engine
    from foundation.settings import Settings

    engine = make_engine(
        Settings.read().database_url.get_secret_value(), application_name="yixiang migrate"
    )
    upgrade(engine, revision)
    with engine.connect() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    engine.dispose()
    print(f"The database is at {version}.")
