"""The lab that the booking benchmarks share: one institution, its instruments, many clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from sqlalchemy.orm import Session

from booking.instruments.service import add_instrument
from booking.instruments.tables import Instrument
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.passwords import hash_password
from directory.people.service import Caller, caller_of
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import Role
from foundation.database import make_engine
from foundation.identifiers import InstrumentId, new_id

PASSWORD = "a password for benchmarks"  # noqa: S105 - of a database that is gone in a minute
LENGTH = timedelta(hours=1)

# Hours of a working day, on every instrument alike but a little shifted, as far as it takes.
FILL = """
INSERT INTO reservations (id, instrument_id, institution_id, enterprise_id, holder_id,
                          during, blocked, state, purpose, created_at)
SELECT gen_random_uuid(), i.id, i.institution_id, p.enterprise_id, p.id,
       tstzrange(slot.starts_at, slot.starts_at + interval '1 hour'),
       tstzrange(slot.starts_at, slot.starts_at + interval '1 hour'),
       CASE WHEN slot.starts_at < %(now)s THEN 'billed' ELSE 'reserved' END, '', %(now)s
FROM (SELECT id, institution_id, row_number() OVER (ORDER BY code) AS number
      FROM instruments ORDER BY code LIMIT %(instruments)s) i
CROSS JOIN LATERAL (
    SELECT %(first)s::timestamptz + (n / 4) * interval '1 day'
           + (2 * (n %% 4)) * interval '1 hour' + (i.number %% 4) * interval '15 minutes'
           AS starts_at
    FROM generate_series(%(done)s / %(instruments)s, %(total)s / %(instruments)s - 1) AS n
) slot
JOIN people p ON p.login = 'bench-' || (i.number %% 8)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class World:
    """Whom and what the benchmark may use."""

    callers: list[Caller]
    instrument_ids: list[InstrumentId]


def plant_world(url: str, *, people: int, instruments: int, now: datetime) -> World:
    """Make an institution with instruments, and people of as many enterprises."""
    engine = make_engine(url, pool_size=1, application_name="yixiang bench")
    password_hash = hash_password(PASSWORD)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        institution = Institution(
            name_zh="测试机构", name_en="Bench", time_zone="Asia/Shanghai", created_at=now
        )
        session.add(institution)
        session.flush()
        planted = [
            add_instrument(session, _instrument(number, institution, now))
            for number in range(instruments)
        ]
        persons = [_person(session, number, password_hash, now) for number in range(people)]
        session.flush()
        world = World(
            callers=[caller_of(person) for person in persons],
            instrument_ids=[instrument.id for instrument in planted],
        )
    engine.dispose()
    return world


def _instrument(number: int, institution: Institution, now: datetime) -> Instrument:
    return Instrument(
        id=InstrumentId(new_id()),
        institution_id=institution.id,
        code=f"B-{number:05}",
        name_zh=f"高效液相色谱仪 {number}",
        name_en=f"Liquid chromatograph {number}",
        model=f"YX-LC{number % 97}",
        maker="仪享精测",
        category=("chromatography", "mechanics", "environment", "thermal")[number % 4],
        location=f"{number % 9} 号楼",
        description_zh="四元泵,二极管阵列检测器,自动进样。",
        description_en="Quaternary pump, diode-array detector, autosampler.",
        details={"standards": [f"GB/T {1000 + number % 500}"]},
        horizon_s=400 * 86400,
        created_at=now,
    )


def _person(session: Session, number: int, password_hash: str, now: datetime) -> Person:
    enterprise = Enterprise(name=f"企业 {number}", created_at=now)
    session.add(enterprise)
    session.flush()
    person = Person(
        login=f"bench-{number}",
        display_name=f"Bench {number}",
        password_hash=password_hash,
        enterprise_id=enterprise.id,
        created_at=now,
    )
    person.roles = [RoleAssignment(role=Role.MEMBER, assigned_at=now)]
    session.add(person)
    return person


def fill(
    database: psycopg.Connection[tuple[object, ...]],
    *,
    done: int,
    total: int,
    instruments: int,
    first: datetime,
    now: datetime,
) -> None:
    """Add reservations until there are `total`, four a day on each of the instruments."""
    database.execute(
        FILL,
        {"done": done, "total": total, "instruments": instruments, "first": first, "now": now},
    )
    # As autovacuum would have done by the time that there are so many.
    database.execute("VACUUM (ANALYZE) reservations, instruments")


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
