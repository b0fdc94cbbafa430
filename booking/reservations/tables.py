"""Reservations, and the history of their states."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    Uuid,
    column,
    func,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from booking.reservations.rules import Slot
from booking.reservations.states import (
    HOLDING_STATES,
    PASSING_STATES,
    CancelledAs,
    Mode,
    Presence,
    ReservationState,
)
from foundation.database import Base
from foundation.identifiers import (
    DeviceId,
    EnterpriseId,
    InstitutionId,
    InstrumentId,
    PersonId,
    ReservationId,
    new_id,
)

NO_OVERLAP = "ex_reservations_no_overlap"
NO_TWO_PLACES = "ex_reservations_technician_no_overlap"


def as_slot(span: Range[datetime]) -> Slot:
    """Read a span of the database, which here always has both its ends."""
    assert span.lower is not None
    assert span.upper is not None
    return Slot(span.lower, span.upper)


def quoted(states: Iterable[StrEnum]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


class Reservation(Base):
    """A promise that one person has an instrument for one span of time."""

    __tablename__ = "reservations"
    __table_args__ = (
        # The database, not the code above it, is what makes a double booking
        # impossible: two processes that both see a free slot cannot both commit.
        ExcludeConstraint(
            ("instrument_id", "="),
            ("blocked", "&&"),
            where=text(f"state IN ({quoted(HOLDING_STATES)})"),
            using="gist",
            name=NO_OVERLAP,
        ),
        ForeignKeyConstraint(
            ["instrument_id", "institution_id"], ["instruments.id", "instruments.institution_id"]
        ),
        ExcludeConstraint(
            ("technician_id", "="),
            ("blocked", "&&"),
            where=text(f"technician_id IS NOT NULL AND state IN ({quoted(HOLDING_STATES)})"),
            using="gist",
            name=NO_TWO_PLACES,
        ),
        CheckConstraint(f"state IN ({quoted(ReservationState)})", name="state"),
        CheckConstraint(f"mode IN ({quoted(Mode)})", name="mode"),
        CheckConstraint(
            f"presence IS NULL OR (mode = '{Mode.ASSISTED}' AND presence IN ({quoted(Presence)}))",
            name="presence",
        ),
        CheckConstraint(
            f"(state IN ({quoted(PASSING_STATES)})) <= (expires_at IS NOT NULL)",
            name="passing_states_expire",
        ),
        CheckConstraint(
            "(state = 'cancelled') = (cancelled_as IS NOT NULL)"
            f" AND (cancelled_as IS NULL OR cancelled_as IN ({quoted(CancelledAs)}))",
            name="cancelled_as",
        ),
        # Empty and unbounded ranges would slip past the exclusion constraint.
        CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)"
            " AND NOT lower_inf(during) AND NOT upper_inf(during)",
            name="during_is_half_open",
        ),
        CheckConstraint(
            "NOT isempty(blocked) AND lower_inc(blocked) AND NOT upper_inc(blocked)"
            " AND NOT lower_inf(blocked) AND NOT upper_inf(blocked)",
            name="blocked_is_half_open",
        ),
        CheckConstraint("blocked @> during", name="blocked_contains_during"),
        Index("ix_reservations_holder", "holder_id", text("lower(during)")),
        Index("ix_reservations_enterprise", "enterprise_id", text("lower(during)")),
        Index("ix_reservations_institution", "institution_id", text("lower(during)")),
        Index("ix_reservations_instrument_end", "instrument_id", text("upper(during)")),
        Index(
            "ix_reservations_technician",
            "technician_id",
            text("upper(during)"),
            postgresql_where=text("technician_id IS NOT NULL"),
        ),
        Index("ix_reservations_series", "series_id", postgresql_where="series_id IS NOT NULL"),
        Index(
            "ix_reservations_passing",
            "expires_at",
            postgresql_where=text(f"state IN ({quoted(PASSING_STATES)})"),
        ),
        Index(
            "ix_reservations_open_ended",
            "state",
            postgresql_where=text("state IN ('confirmed', 'ended', 'interrupted', 'metered')"),
        ),
        Index(
            "ix_reservations_unfinished",
            text("upper(during)"),
            postgresql_where=text(f"state IN ({quoted(HOLDING_STATES)})"),
        ),
    )

    id: Mapped[ReservationId] = mapped_column(primary_key=True, default=new_id)
    instrument_id: Mapped[InstrumentId]
    institution_id: Mapped[InstitutionId]
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"))
    holder_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    during: Mapped[Range[datetime]]
    blocked: Mapped[Range[datetime]]
    """`during` with set-up and cool-down around it: what nobody else may have."""
    state: Mapped[str]
    mode: Mapped[str] = mapped_column(default=Mode.SELF_OPERATED)
    purpose: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """To the instrument's questions, with the declaration of hazardous materials."""
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The policy as it stood when this was reserved; what cancelling or missing it costs."""
    surcharges: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    """Spans around its slot that cost more, as they stood when it was taken: from, to, permille."""
    technician_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))
    """Who works the instrument, where the client does not; nobody is in two places."""
    presence: Mapped[str | None]
    """Where the client is meanwhile: as they declare it, and as they came in the end."""
    samples_at: Mapped[datetime | None]
    """When the lab had the samples of an assisted use: whose samples are there is no no-show."""
    made_by: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))
    """Who reserved it, where that was not its holder."""
    series_id: Mapped[UUID | None]
    """The same for all dates of a series, and for all instruments taken in one act."""
    expires_at: Mapped[datetime | None]
    """When a hold, or a wait for somebody's yes, is over; from then on it holds nothing."""
    cancelled_as: Mapped[str | None]
    attendance: Mapped[str | None]
    """normal, late, overtime, early_leave, late+overtime, late+early_leave, or missed."""
    revision: Mapped[int] = mapped_column(default=0)
    """How often it was changed: the SEQUENCE of its calendar entry."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReservationTransition(Base):
    """One change of state: who, when, why."""

    __tablename__ = "reservation_transitions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    reservation_id: Mapped[ReservationId] = mapped_column(ForeignKey("reservations.id"), index=True)
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[PersonId | None]
    """None: the platform itself, by a job."""
    reason: Mapped[str]


class ReservationLease(Base):
    """A command that unlocked a device for a reservation; a run that names it is this use."""

    __tablename__ = "reservation_leases"

    command_id: Mapped[UUID] = mapped_column(primary_key=True)
    reservation_id: Mapped[ReservationId] = mapped_column(ForeignKey("reservations.id"), index=True)
    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"))


# A view over reservations that everybody may read: whose a time is stands there only for
# whoever holds it. Reservations themselves are hidden from other tenants.
TIMES = table(
    "instrument_times",
    column("id", Uuid),
    column("instrument_id", Uuid),
    column("holder_id", Uuid),
    column("during", TSTZRANGE),
    column("blocked", TSTZRANGE),
    column("state", String),
    column("expires_at", DateTime(timezone=True)),
)
