"""Whether the api can do its work, for those who watch it and for load balancers."""

from typing import Literal

from pydantic import BaseModel
from sqlalchemy import text

from api.database import ReadOnly
from api.identity import Anyone
from api.routing import Router

router = Router(tags=["system"])


class DatabaseHealth(BaseModel):
    version: str
    timescaledb: str | None
    """Its version; null on plain PostgreSQL, where partitions and rollup tables stand in."""


class Health(BaseModel):
    status: Literal["ok"]
    database: DatabaseHealth


@router.get("/health")
def read_health(_caller: Anyone, reading: ReadOnly) -> Health:
    """Answer 200 while the database answers, and 503 while it does not."""
    version, timescaledb = reading.execute(
        text(
            "SELECT current_setting('server_version'),"
            " (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb')"
        )
    ).one()
    return Health(status="ok", database=DatabaseHealth(version=version, timescaledb=timescaledb))
