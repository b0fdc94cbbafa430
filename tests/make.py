"""One function per table, everything defaulted, names required: what a test is about stands out."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from argon2 import PasswordHasher
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

import cli.tables  # noqa: F401 - foreign keys name tables that nobody here imports
from billing.tariffs.tables import Tariff
from booking.instruments.tables import Instrument, InstrumentDevice
from booking.reservations.tables import Reservation
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import Role
from telemetry.devices.tables import Device

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = "a password for tests"
# A hash names its own cost, and a cheap one keeps thousands of sign-ins quick.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def enterprise(session: Session, *, name: str = "江阴精密机械有限公司") -> Enterprise:
    made = Enterprise(name=name, created_at=LONG_AGO)
    session.add(made)
    session.flush()
    return made


def institution(session: Session, *, name_zh: str = "市计量检测院") -> Institution:
    made = Institution(
        name_zh=name_zh,
        name_en="Metrology Institute",
        time_zone="Asia/Shanghai",
        created_at=LONG_AGO,
    )
    session.add(made)
    session.flush()
    return made


def person(
    session: Session,
    *roles: Role,
    login: str = "",
    enterprise: Enterprise | None = None,
    institution: Institution | None = None,
) -> Person:
    name = login or f"person-{uuid4().hex[:8]}"
    made = Person(
        login=name,
        display_name=name.title(),
        password_hash=PASSWORD_HASH,
        enterprise_id=enterprise.id if enterprise else None,
        institution_id=institution.id if institution else None,
        created_at=LONG_AGO,
    )
    made.roles = [RoleAssignment(role=role, assigned_at=LONG_AGO) for role in roles]
    session.add(made)
    session.flush()
    return made


def give_role(session: Session, person: Person, role: Role) -> None:
    session.add(RoleAssignment(person_id=person.id, role=role, assigned_at=LONG_AGO))
    session.flush()


def device(
    session: Session,
    *,
    institution: Institution,
    name: str = "",
    protocol: str = "mqtt",
    gateway: str | None = None,
) -> Device:
    made = Device(
        name=name or f"device-{uuid4().hex[:8]}",
        institution_id=institution.id,
        model="YX-LC30",
        protocol=protocol,
        gateway=gateway,
        registered_at=LONG_AGO,
    )
    session.add(made)
    session.flush()
    return made


def instrument(
    session: Session,
    *,
    institution: Institution,
    name_zh: str = "高效液相色谱仪",
    name_en: str = "HPLC",
    set_up: timedelta = timedelta(0),
    cool_down: timedelta = timedelta(0),
) -> Instrument:
    made = Instrument(
        institution_id=institution.id,
        code=f"I-{uuid4().hex[:6]}",
        name_zh=name_zh,
        name_en=name_en,
        model="YX-LC30",
        maker="Yixiang",
        category="analytical",
        location="A 101",
        description_zh="",
        description_en="",
        details={},
        search_text=f"{name_zh} {name_en} yx-lc30".lower(),
        set_up_s=int(set_up.total_seconds()),
        cool_down_s=int(cool_down.total_seconds()),
        created_at=LONG_AGO,
    )
    session.add(made)
    session.flush()
    return made


def link(session: Session, instrument: Instrument, device: Device) -> InstrumentDevice:
    made = InstrumentDevice(
        device_id=device.id,
        instrument_id=instrument.id,
        institution_id=instrument.institution_id,
    )
    session.add(made)
    session.flush()
    return made


def tariff(
    session: Session,
    *,
    instrument: Instrument,
    version: int = 1,
    valid: Range[datetime] | None = None,
    per_hour_fen: int = 20_000,
    billed_min: timedelta = timedelta(minutes=30),
    billed_step: timedelta = timedelta(minutes=15),
) -> Tariff:
    made = Tariff(
        instrument_id=instrument.id,
        institution_id=instrument.institution_id,
        version=version,
        valid=valid or Range(LONG_AGO, None),
        per_hour_fen=per_hour_fen,
        billed_min_s=int(billed_min.total_seconds()),
        billed_step_s=int(billed_step.total_seconds()),
        created_at=LONG_AGO,
    )
    session.add(made)
    session.flush()
    return made


def reservation(
    session: Session,
    *,
    instrument: Instrument,
    holder: Person,
    starts_at: datetime,
    length: timedelta = timedelta(hours=1),
    state: str = "reserved",
    purpose: str = "",
) -> Reservation:
    assert holder.enterprise_id is not None, "only an enterprise's people reserve"
    during = Range(starts_at, starts_at + length)
    made = Reservation(
        instrument_id=instrument.id,
        institution_id=instrument.institution_id,
        enterprise_id=holder.enterprise_id,
        holder_id=holder.id,
        during=during,
        blocked=during,
        state=state,
        purpose=purpose,
        created_at=LONG_AGO,
        changed_at=LONG_AGO,
    )
    session.add(made)
    session.flush()
    return made
