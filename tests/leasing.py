"""A lab with one instrument, its policy and the people around it: what leasing tests begin with."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument
from booking.policies.tables import Policy
from booking.reservations.asking import Request
from booking.reservations.errors import SlotRefused
from booking.reservations.rules import Wish
from booking.reservations.service import reserve
from booking.reservations.tables import Reservation
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.service import Caller, caller_of
from directory.people.tables import Person
from directory.roles.rules import Role
from tests import make
from tests.cast import Cast, assemble

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2030, 1, 7, 9, tzinfo=ZONE)  # a Monday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Lab:
    """One instrument, its policy, and the people around it."""

    session: Session
    cast: Cast
    instrument: Instrument
    erin: Person
    """Who administers Alice's enterprise."""

    def caller(self, who: str) -> Caller:
        person = self.erin if who == "erin" else getattr(self.cast, who)
        enterprise = self.session.get(Enterprise, person.enterprise_id or self.cast.enterprise.id)
        assert enterprise is not None
        asked_first = person.enterprise_id is not None and enterprise.needs_endorsement
        return replace(caller_of(person), needs_endorsement=asked_first)

    def endorses(self, *, first: bool = True) -> None:
        """Let Alice's enterprise say yes before the lab is asked."""
        self.cast.enterprise.needs_endorsement = first
        self.session.merge(self.cast.enterprise)
        self.session.flush()

    def says(self, **terms: Any) -> None:
        """Let the institution's policy say this."""
        said = self.session.scalar(
            select(Policy).where(
                Policy.institution_id == self.institution.id,
                Policy.group_code.is_(None),
                Policy.instrument_id.is_(None),
            )
        )
        if said is None:
            said = Policy(institution_id=self.institution.id, terms={}, updated_at=NOW)
            self.session.add(said)
        said.terms = {**said.terms, **terms}
        self.session.flush()

    def ask(self, starts_in: timedelta = DAY, length: timedelta = 2 * HOUR, **more: Any) -> Request:
        start = NOW + starts_in
        return Request(self.instrument.id, Wish(start, start + length), **more)

    def reserve(
        self, starts_in: timedelta = DAY, *, who: str = "alice", now: datetime = NOW, **more: Any
    ) -> Reservation:
        asked = self.ask(starts_in, **more)
        return reserve(self.session, asked, by=self.caller(who), now=now)

    @property
    def institution(self) -> Institution:
        return self.cast.institution

    def hold(self, starts_in: timedelta = DAY, *, now: datetime = NOW) -> Reservation:
        return reserve(
            self.session, self.ask(starts_in), by=self.caller("alice"), now=now, is_hold=True
        )

    def refused(self, request: Request | None = None, *, now: datetime = NOW) -> list[str]:
        """What speaks against it, by code."""
        asked = request or self.ask()
        with pytest.raises(SlotRefused) as refusal:
            reserve(self.session, asked, by=self.caller("alice"), now=now)
        return [problem.code for problem in refusal.value.problems]


def furnish(session: Session) -> Lab:
    cast = assemble(session)
    instrument = make.instrument(session, institution=cast.institution)
    instrument.modes = ["self_operated", "assisted"]
    session.flush()
    make.tariff(session, instrument=instrument, per_hour_fen=20_000)
    erin = make.person(session, Role.ENTERPRISE_ADMIN, enterprise=cast.enterprise)
    return Lab(session, cast, instrument, erin)


def last(session: Session, reservation: Reservation) -> tuple[str | None, str]:
    row = session.execute(
        text(
            "SELECT from_state, to_state FROM reservation_transitions"
            " WHERE reservation_id = :id ORDER BY id DESC LIMIT 1"
        ),
        {"id": reservation.id},
    ).one()
    return row.from_state, row.to_state
