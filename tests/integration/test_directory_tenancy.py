"""The second wall: what the database itself shows to a request, whatever the code asks for."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from booking.reservations.tables import TIMES, Reservation
from directory.audit.service import record
from foundation.database import make_engine, make_session_factory
from foundation.tenancy import APP_ROLE, Acting, enter, leave
from tests import make
from tests.cast import Cast, assemble

START = datetime(2030, 1, 7, 1, tzinfo=UTC)
TENANT_COLUMNS = {"enterprise_id", "institution_id", "person_id", "station_id"}

OPEN = {
    "people": "names are shown to whoever deals with the person; secrets in it are hashes",
    "role_assignments": "as people",
    "instruments": "the public catalogue",
    "instrument_devices": "which device belongs to which instrument of the catalogue",
    "tariffs": "published prices",
    "booking_policies": "published terms",
    "opening_hours": "published",
    "special_days": "published",
    "closures": "published: why an instrument cannot be had",
    "kiosk_pins": "hashes only; a kiosk asks before it knows who stands there",
    "devices": "their live state is part of the public catalogue",
    "institution_qualifications": "published: whoever orders must know what holds",
    "due_dates": "kinds and ids only; every desk starts and meets clocks",
}


def test_every_tenants_table_is_walled_off_or_open_for_a_reason(engine: Engine) -> None:
    tables = inspect(engine)
    with engine.connect() as connection:
        walled = set(
            connection.scalars(
                text(
                    "SELECT relname FROM pg_class c WHERE relrowsecurity AND relforcerowsecurity"
                    " AND 2 = (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
                )
            )
        )
    with_tenant = {
        table
        for table in tables.get_table_names()
        if TENANT_COLUMNS & {column["name"] for column in tables.get_columns(table)}
    }

    assert with_tenant - walled - OPEN.keys() == set()
    assert OPEN.keys() & walled == set()


@dataclass
class World:
    cast: Cast
    alices: Reservation
    carols: Reservation


def reserve(session: Session, cast: Cast, *, hour: int, of_carol: bool) -> Reservation:
    institution = cast.other_institution if of_carol else cast.institution
    return make.reservation(
        session,
        instrument=make.instrument(session, institution=institution),
        holder=cast.carol if of_carol else cast.alice,
        starts_at=START + timedelta(hours=hour),
    )


def build(session: Session) -> World:
    cast = assemble(session)
    return World(
        cast,
        reserve(session, cast, hour=0, of_carol=False),
        reserve(session, cast, hour=2, of_carol=True),
    )


@pytest.fixture
def world(session: Session) -> World:
    return build(session)


def seen(session: Session, acting: Acting) -> set[UUID]:
    """Ask for every reservation there is, as somebody's request would."""
    enter(session, acting)
    found = set(session.scalars(text("SELECT id FROM reservations")))
    leave(session)
    return found


def test_each_sees_its_own_and_nobody_sees_more(session: Session, world: World) -> None:
    cast, alices, carols = world.cast, world.alices.id, world.carols.id

    assert seen(session, Acting(enterprise_ids=[cast.enterprise.id])) == {alices}
    assert seen(session, Acting(enterprise_ids=[cast.other_enterprise.id])) == {carols}
    assert seen(session, Acting(institution_id=cast.institution.id)) == {alices}
    assert seen(session, Acting(institution_id=cast.other_institution.id)) == {carols}
    both = [cast.enterprise.id, cast.other_enterprise.id]
    assert seen(session, Acting(enterprise_ids=both)) == {alices, carols}
    assert seen(session, Acting(is_platform=True)) == {alices, carols}
    assert seen(session, Acting()) == set()
    assert seen(session, Acting(person_id=cast.alice.id)) == set()


def test_times_are_seen_by_all_and_whose_they_are_by_their_own(
    session: Session, world: World
) -> None:
    enter(session, Acting(person_id=world.cast.alice.id, enterprise_ids=[world.cast.enterprise.id]))

    holders = {row.id: row.holder_id for row in session.execute(select(TIMES))}

    assert holders == {world.alices.id: world.cast.alice.id, world.carols.id: None}


def test_row_of_another_tenant_is_neither_changed_nor_made(session: Session, world: World) -> None:
    enter(session, Acting(enterprise_ids=[world.cast.enterprise.id]))

    changed = session.execute(text("UPDATE reservations SET purpose = 'x'"))
    assert changed.rowcount == 1  # type: ignore[attr-defined] # a cursor's result has it
    with pytest.raises(DBAPIError, match="row-level security"), session.begin_nested():
        session.execute(
            text("UPDATE reservations SET enterprise_id = :other, institution_id = :theirs"),
            {
                "other": world.cast.other_enterprise.id,
                "theirs": world.cast.other_institution.id,
            },
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'x'",
        "DELETE FROM audit_entries",
        "INSERT INTO audit_seals VALUES (1, 1, now(), '')",
        "UPDATE charges SET amount_fen = 0",
        "DELETE FROM charges",
        "DELETE FROM reservation_transitions",
        "UPDATE device_events SET run_ms = 0",
        "TRUNCATE reservations",
        "ALTER TABLE reservations DISABLE ROW LEVEL SECURITY",
        "DROP TABLE charges",
        "CREATE TABLE mine (x int)",
        "SELECT * FROM alembic_version",
    ],
)
def test_role_of_requests_owns_nothing_and_edits_no_ledger(
    session: Session, statement: str
) -> None:
    enter(session, Acting(is_platform=True))

    with pytest.raises(ProgrammingError) as refusal:
        session.execute(text(statement))

    assert getattr(refusal.value.orig, "sqlstate", "") == "42501"


def test_audit_is_written_by_all_and_read_by_the_platform(session: Session) -> None:
    enter(session, Acting())
    record(
        session,
        actor_id=None,
        action="tried",
        subject_kind="thing",
        subject_id=1,
        now=START,
    )
    count = text("SELECT count(*) FROM audit_entries WHERE action = 'tried'")

    assert session.scalar(count) == 0
    enter(session, Acting(is_platform=True))
    assert session.scalar(count) == 1


def test_foreign_keys_carry_the_tenant(session: Session, world: World) -> None:
    with pytest.raises(DBAPIError, match="fk_reservations_instrument_id_institution_id"):
        session.execute(
            text("UPDATE reservations SET institution_id = :theirs WHERE id = :id"),
            {"theirs": world.cast.other_institution.id, "id": world.alices.id},
        )


@pytest.fixture
def pool(empty_database_url: str) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(empty_database_url, pool_size=2)
    yield make_session_factory(engine)
    engine.dispose()


WORKERS = 4
ENDINGS = ["commit", "roll back", "break", "cancel"]
SEES_ALL = text("SELECT enterprise_id FROM reservations")


@pytest.mark.committed
@pytest.mark.parametrize("requests", [400, pytest.param(10_000, marks=pytest.mark.full)])
def test_interleaved_requests_of_one_pool_see_no_foreign_row(
    pool: sessionmaker[Session], requests: int
) -> None:
    """Few connections, many tenants: nothing of one request stays for the next.

    Requests end as they do in life: committed, rolled back, broken in the middle, cancelled.
    """
    with pool.begin() as session:
        world = build(session)
    tenants = [world.cast.enterprise.id, world.cast.other_enterprise.id]

    def run(worker: int) -> Counter[str]:
        chance = random.Random(worker)
        tally: Counter[str] = Counter()
        for _ in range(requests // WORKERS):
            tenant = chance.choice([*tenants, None])
            [ending] = chance.choices(ENDINGS, [10, 10, 10, 1])
            with pool() as session:
                if chance.random() < 0.1:
                    # A request that never said for whom it acts sees nothing as the app role.
                    session.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
                    tally["strangers"] += len(session.scalars(SEES_ALL).all())
                    session.rollback()
                enter(session, Acting(enterprise_ids=[tenant] if tenant else []))
                owners = session.scalars(SEES_ALL).all()
                tally["foreign"] += sum(owner != tenant for owner in owners)
                tally["own"] += sum(owner == tenant for owner in owners)
                if ending == "commit":
                    session.commit()
                elif ending == "break":
                    with pytest.raises(DBAPIError):
                        session.execute(text("SELECT 1/0"))
                elif ending == "cancel":
                    session.execute(text("SET LOCAL statement_timeout = '1ms'"))
                    with pytest.raises(DBAPIError, match="statement timeout"):
                        session.execute(text("SELECT pg_sleep(1)"))
            tally[ending] += 1
        return tally

    with ThreadPoolExecutor(max_workers=WORKERS) as threads:
        tally = sum(threads.map(run, range(WORKERS)), Counter())

    assert sum(tally[ending] for ending in ENDINGS) == requests
    assert (tally["foreign"], tally["strangers"]) == (0, 0)
    assert tally["own"] > requests / 2, "whoever sees nothing at all sees nothing foreign either"
    assert all(tally[ending] for ending in ENDINGS)
