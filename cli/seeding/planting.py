"""Putting the demonstration in the database: once or many times, with one result."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid5

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from billing.charges.rules import HourlyTariff
from billing.tariffs.service import set_price
from billing.tariffs.tables import Tariff
from booking.instruments.service import add_instrument, link_device
from booking.instruments.tables import Instrument
from booking.policies.tables import Policy
from booking.reservations.asking import Request
from booking.reservations.errors import SlotRefused, SlotTaken
from booking.reservations.rules import Wish
from booking.reservations.service import reserve
from booking.reservations.tables import Reservation
from cli.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from cli.seeding.organisations import (
    ENTERPRISE,
    INSTITUTION,
    NAMES,
    NEIGHBOUR,
    STATION,
    ZONE,
    plant_entrustment,
    plant_entry,
    plant_experts,
    plant_organisations,
    plant_posts,
)
from directory.people.passwords import hash_password
from directory.people.service import Caller, caller_of
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import ENTERPRISE_ROLES, INSTITUTION_ROLES, Role
from foundation.identifiers import (
    DeviceId,
    EnterpriseId,
    InstrumentId,
    PersonId,
    new_id,
)
from foundation.money import Money
from telemetry.devices.tables import Device

CATALOGUE = Path(__file__).parent / "instruments.toml"
REGION = "320281"
PRICES_SINCE = datetime(2025, 1, 1, tzinfo=ZONE)
CALIBRATED = timedelta(days=240)
BUSY_DAYS = 5
GIVEN_BY_HAND = "ME-0104"


def plant(session: Session, *, now: datetime) -> int:
    """Plant everything that is not there yet; return how many instruments were added."""
    plant_organisations(session, now=now)
    plant_policy(session, now=now)
    people = {
        account.role: plant_person(
            session, account.login, account.display_name, account.role, now=now
        )
        for account in DEMO_ACCOUNTS
    }
    plant_entry(session, checker=people[Role.OPERATOR], now=now)
    posts = (
        (people[Role.TECHNICIAN], "检测技术员"),
        (people[Role.INSTITUTION_MANAGER], "实验室主任"),
    )
    plant_posts(session, posts, now=now)
    plant_experts(session, now=now)
    plant_entrustment(session, giver=people[Role.ENTERPRISE_ADMIN], now=now)
    neighbour = plant_person(session, "renjia", "任佳 Ren", Role.MEMBER, now=now, of=NEIGHBOUR)
    with CATALOGUE.open("rb") as file:
        catalogue = tomllib.load(file)
    added = sum(
        plant_instrument(session, entry, catalogue["card"], now=now)
        for entry in catalogue["instrument"]
    )
    if added:
        plant_approval(session, now=now)
        plant_busy_days(session, neighbour, now=now)
    return added


def plant_policy(session: Session, *, now: datetime) -> None:
    """Let the demonstration's uses be confirmed at once, so that their price can be watched."""
    if session.scalar(select(exists().where(Policy.institution_id == INSTITUTION))):
        return
    session.add(
        Policy(
            institution_id=INSTITUTION,
            terms={"confirm_after_s": 0, "confirm_tolerance_permille": 1000},
            updated_at=now,
        )
    )
    session.flush()


def plant_approval(session: Session, *, now: datetime) -> None:
    """Let one instrument be its manager's to give, so that something waits for an answer."""
    instrument = session.scalars(select(Instrument).where(Instrument.code == GIVEN_BY_HAND)).one()
    session.add(
        Policy(
            institution_id=INSTITUTION,
            instrument_id=instrument.id,
            terms={"needs_approval": True},
            updated_at=now,
        )
    )
    session.flush()


def plant_person(
    session: Session,
    login: str,
    display_name: str,
    role: Role,
    *,
    now: datetime,
    of: EnterpriseId = ENTERPRISE,
) -> Caller:
    person = session.scalar(select(Person).where(Person.login == login))
    if person is None:
        person = Person(
            id=PersonId(new_id()),
            login=login,
            display_name=display_name,
            password_hash=hash_password(DEMO_PASSWORD),
            enterprise_id=of if role in ENTERPRISE_ROLES else None,
            institution_id=INSTITUTION if role in INSTITUTION_ROLES else None,
            station_id=STATION if role is Role.STATION_STAFF else None,
            created_at=now,
        )
        session.add(person)
        session.flush()
        session.add(RoleAssignment(person_id=person.id, role=role, assigned_at=now))
        session.flush()
        session.refresh(person)
    return caller_of(person)


def card_of(entry: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    """Put together what stands on an instrument's card beside its names."""
    shared = {key: value for key, value in common.items() if isinstance(value, str)}
    return {
        **shared,
        "standards": entry["standards"],
        "discipline": common["discipline"].get(entry["category"], ""),
        "charging_standard": f"{entry['per_hour_fen'] / 100:g} 元/小时,"
        f"按 {entry['billed_step_min']} 分钟计,至少 {entry['billed_min_min']} 分钟",
    }


def plant_instrument(
    session: Session, entry: dict[str, Any], common: dict[str, Any], *, now: datetime
) -> bool:
    """Plant one instrument with its device and price; False where it is there."""
    instrument_id = InstrumentId(uuid5(NAMES, f"instrument {entry['code']}"))
    if session.get(Instrument, instrument_id) is not None:
        return False
    add_instrument(
        session,
        Instrument(
            id=instrument_id,
            institution_id=INSTITUTION,
            **{key: entry[key] for key in ("code", "name_zh", "name_en", "model", "maker")},
            **{key: entry[key] for key in ("category", "location")},
            **{key: entry[key] for key in ("description_zh", "description_en")},
            details=card_of(entry, common),
            region=REGION,
            grid_s=60 * entry.get("grid_min", 30),
            length_min_s=60 * entry["length_min_min"],
            length_max_s=3600 * entry["length_max_h"],
            notice_min_s=60 * entry["notice_min_min"],
            horizon_s=86400 * 60,
            set_up_s=60 * entry.get("set_up_min", 0),
            cool_down_s=60 * entry.get("cool_down_min", 0),
            calibrated_until=(now + CALIBRATED).date(),
            created_at=now,
        ),
    )
    if "device" in entry:
        plant_device(session, entry["device"], instrument_id, now=now)
    plant_prices(session, entry, instrument_id, now=now)
    return True


def plant_device(
    session: Session, entry: dict[str, str], instrument_id: InstrumentId, *, now: datetime
) -> None:
    device_id = DeviceId(uuid5(NAMES, f"device {entry['name']}"))
    if session.get(Device, device_id) is None:
        session.add(
            Device(
                id=device_id,
                name=entry["name"],
                institution_id=INSTITUTION,
                model=entry["model"],
                protocol=entry["protocol"],
                gateway=entry.get("gateway"),
                registered_at=now,
            )
        )
        session.flush()
    link_device(
        session, device_id=device_id, instrument_id=instrument_id, institution_id=INSTITUTION
    )


def plant_prices(
    session: Session, entry: dict[str, Any], instrument_id: InstrumentId, *, now: datetime
) -> None:
    """Give the instrument the price of last year, and today's, a twentieth higher."""
    if session.scalar(select(exists().where(Tariff.instrument_id == instrument_id))):
        return
    today = entry["per_hour_fen"]
    for per_hour, starts_at in (
        (Money(today).share(19, 20), PRICES_SINCE),
        (Money(today), datetime(2026, 7, 1, tzinfo=ZONE)),
    ):
        set_price(
            session,
            instrument_id=instrument_id,
            institution_id=INSTITUTION,
            price=HourlyTariff(
                per_hour=per_hour,
                billed_min=timedelta(minutes=entry["billed_min_min"]),
                billed_step=timedelta(minutes=entry["billed_step_min"]),
                minimum=Money(0),
            ),
            starts_at=starts_at.astimezone(UTC),
            by=None,
            now=now,
        )


def plant_busy_days(session: Session, neighbour: Caller, *, now: datetime) -> None:
    """Let a neighbour hold some time in the coming days, so that calendars are not bare."""
    instruments = session.scalars(select(Instrument).order_by(Instrument.code)).all()
    midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    for number, instrument in enumerate(instruments):
        if session.scalar(select(exists().where(Reservation.instrument_id == instrument.id))):
            continue
        for day in range(1, BUSY_DAYS + 1):
            if (number + day) % 3 == 0:
                continue
            starts_at = midnight + timedelta(days=day, hours=9 + (number * 2 + day * 3) % 7)
            length = timedelta(seconds=max(instrument.length_min_s, 5400 + 1800 * (day % 3)))
            length = min(length, timedelta(seconds=instrument.length_max_s))
            request = Request(
                instrument_id=instrument.id,
                wish=Wish(starts_at, starts_at + length),
                purpose="来样检测",
            )
            try:
                with session.begin_nested():
                    reserve(session, request, by=neighbour, now=now)
            except (SlotTaken, SlotRefused):
                continue  # that day it asks for more notice, or the slot before is long
