"""A row in every table there is, of one tenant after the other: none is left out by forgetting."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Table, insert, text
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Session

import cli.tables  # noqa: F401 - every table there is
from foundation.database import Base
from foundation.tenancy import Acting

START = datetime(2032, 1, 5, 1, tzinfo=UTC)
NUMBERS = itertools.count(1)
SUBJECTS = {"subject_id", "caller_id"}
"""Columns that say whose a row is, and are no foreign keys: a person's, here."""
WITHOUT_TENANT = {"readings"}
"""Has partitions by the calendar, and belongs to a device that all may watch."""
OMITTED = object()


@dataclass
class Tenant:
    """One of everything, and all of it one tenant's."""

    person_id: UUID = field(default_factory=uuid4)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def acting(self) -> Acting:
        """Act for all that the tenant is at once: more than any request of its would."""
        return Acting(
            person_id=self.person_id,
            enterprise_ids=[self.rows["enterprises"]["id"]],
            institution_id=self.rows["institutions"]["id"],
            station_id=self.rows["stations"]["id"],
        )


def forget_checks(session: Session) -> None:
    """Drop the checks of single rows, for this transaction: here it counts only whose a row is."""
    for table, name in session.execute(
        text(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'c' AND conrelid > 0 AND connamespace = 'public'::regnamespace"
        )
    ).all():
        session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))


def plant(session: Session) -> Tenant:
    """Make one row in each table, pointing at the same tenant's other rows."""
    tenant = Tenant()
    for table in Base.metadata.sorted_tables:
        if table.name in WITHOUT_TENANT:
            continue
        values = {column.name: value_of(column, tenant) for column in table.columns}
        given = {name: value for name, value in values.items() if value is not OMITTED}
        row = session.execute(insert(table).values(given).returning(*table.columns)).one()
        tenant.rows[table.name] = dict(row._mapping)  # noqa: SLF001 - its public name
    return tenant


def value_of(column: Column[Any], tenant: Tenant) -> Any:
    """Return the plainest value for a column: the tenant's where it points at something."""
    table: Table = column.table
    if (table.name == "people" and column.primary_key) or column.name in SUBJECTS:
        return tenant.person_id if column.type.python_type is UUID else str(tenant.person_id)
    for key in column.foreign_keys:
        if parent := tenant.rows.get(key.column.table.name):
            return parent[key.column.name]
    if (
        table.autoincrement_column is column
        or column.default is not None
        or column.server_default is not None
    ):
        return OMITTED
    return OMITTED if column.nullable else plainest(column)


def plainest(column: Column[Any]) -> Any:
    number = next(NUMBERS)
    if isinstance(column.type, JSONB):
        return {}
    if isinstance(column.type, INT8MULTIRANGE):
        return []
    if isinstance(column.type, TSTZRANGE):
        return Range(START + timedelta(hours=number), START + timedelta(hours=number + 1))
    return {
        UUID: uuid4(),
        str: f"x{number}",
        int: number,
        bool: True,
        float: 1.0,
        bytes: uuid4().bytes,
        datetime: START + timedelta(hours=number),
        date: START.date() + timedelta(days=number),
        time: time(9),
        timedelta: timedelta(hours=1),
    }[column.type.python_type]
