"""Alembic's entry: which database, which tables, and what to leave alone."""

from typing import Any

from alembic import context

from cli.tables import METADATA
from foundation.database import make_engine
from foundation.settings import Settings


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Leave TimescaleDB's schemas and the readings' partitions to those who make them."""
    if kind == "schema":
        return name is None or not name.startswith("_timescaledb")
    if kind == "table":
        return not str(name).startswith("readings_p")
    return not (kind == "index" and str(name).startswith("readings_"))


def run() -> None:
    engine = context.config.attributes.get("engine")
    if engine is None:
        engine = make_engine(Settings.read().database_url.get_secret_value())
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            include_name=is_ours,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
