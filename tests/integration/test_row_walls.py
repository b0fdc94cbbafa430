"""The second wall, table by table: without any filter in the code no row of another is reached."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Table, and_, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from foundation.database import Base
from foundation.tenancy import Acting, enter, leave
from tests.planting import Tenant, forget_checks, plant

DENIED = "42501"
"""No privilege, or a policy that says no."""
PLATFORMS = {"audit_entries", "audit_seals"}
"""What no tenant sees, though the platform does."""
WRITTEN_BY_ALL = {
    "audit_entries": "whoever acts leaves a trace, also of what they did for another",
    "notices": "whoever acts has those told whom it concerns",
}


@pytest.fixture
def tenants(session: Session) -> tuple[Tenant, Tenant]:
    forget_checks(session)
    return plant(session), plant(session)


def walled(session: Session) -> list[Table]:
    names = session.scalars(
        text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    ).all()
    found = [Base.metadata.tables[name] for name in names]
    assert len(found) > 30
    return found


def whose(table: Table, tenant: Tenant) -> ColumnElement[bool]:
    row = tenant.rows[table.name]
    return and_(*(column == row[column.name] for column in table.primary_key))


def sees(session: Session, table: Table, tenant: Tenant) -> bool:
    return (
        session.execute(select(*table.primary_key).where(whose(table, tenant))).first() is not None
    )


def facets(tenant: Tenant) -> Iterator[Acting]:
    """Each thing that a tenant may act as, alone, and all of them at once."""
    whole = tenant.acting
    yield whole
    yield Acting(person_id=whole.person_id)
    yield Acting(enterprise_ids=whole.enterprise_ids)
    yield Acting(institution_id=whole.institution_id)
    yield Acting(station_id=whole.station_id)


def test_no_table_shows_another_tenants_row(
    session: Session, tenants: tuple[Tenant, Tenant]
) -> None:
    ours, theirs = tenants
    shown, own = [], set()
    for acting in facets(ours):
        enter(session, acting)
        for table in walled(session):
            if sees(session, table, theirs):
                shown.append((table.name, acting))
            if sees(session, table, ours):
                own.add(table.name)
        leave(session)

    assert shown == []
    assert {table.name for table in walled(session)} - own == PLATFORMS
    enter(session, Acting())
    assert [t.name for t in walled(session) for one in tenants if sees(session, t, one)] == []


def refused(session: Session, statement: Any) -> bool:
    """Whether a statement is denied, or finds nothing to change."""
    try:
        with session.begin_nested() as undone:
            changed = session.execute(statement).rowcount  # type: ignore[attr-defined] # a cursor's
            undone.rollback()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != DENIED:
            raise
        return True
    return bool(changed == 0)


def test_no_table_lets_another_tenants_row_be_changed_or_removed(
    session: Session, tenants: tuple[Tenant, Tenant]
) -> None:
    ours, theirs = tenants
    reached, own = [], set()
    for acting in facets(ours):
        enter(session, acting)
        for table in walled(session):
            # To itself, so that nothing but the wall can be in the way.
            [column, *_] = [it for it in table.columns if not it.primary_key] or table.columns
            change = table.update().values({column.name: column})
            for verb, statement in (("UPDATE", change), ("DELETE", table.delete())):
                if not refused(session, statement.where(whose(table, theirs))):
                    reached.append((verb, table.name, acting))
                elif verb == "UPDATE" and not refused(session, statement.where(whose(table, ours))):
                    own.add(table.name)
        leave(session)

    assert reached == []
    assert len(own) > 20, "whoever may write nothing reaches nothing either"


def test_no_table_takes_a_row_in_another_tenants_name(
    session: Session, tenants: tuple[Tenant, Tenant]
) -> None:
    ours, theirs = tenants
    taken, own = [], set()
    enter(session, ours.acting)
    for table in walled(session):
        for tenant in (theirs, ours):
            # The row itself once more: a policy is asked before any constraint.
            fresh = insert(table).values(without_counters(table, tenant)).inline()
            try:
                with session.begin_nested():
                    session.execute(fresh)
                passed = True
            except DBAPIError as error:
                passed = getattr(error.orig, "sqlstate", "") != DENIED
            if passed and tenant is theirs:
                taken.append(table.name)
            elif passed:
                own.add(table.name)

    assert set(taken) == WRITTEN_BY_ALL.keys()
    assert len(own) > 20


def without_counters(table: Table, tenant: Tenant) -> dict[str, Any]:
    counter = table.autoincrement_column
    return {
        column.name: tenant.rows[table.name][column.name]
        for column in table.columns
        if column is not counter and column.computed is None
    }
