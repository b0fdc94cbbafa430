"""How a reservation looks on the wire, with its history, its use, its charge and its interlock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.orm import Session

from billing.charges.queries import Opened, charges_of
from billing.charges.slots import price_slot
from billing.tariffs.queries import find_in_force, hourly
from booking.reservations.acts import Act, Position, Standpoint, acts_of
from booking.reservations.interlocks import read_interlocks
from booking.reservations.queries import Known
from booking.reservations.rights import (
    is_client_of,
    is_endorser_of,
    is_manager_of,
    is_staff_of,
)
from booking.reservations.service import is_over, slot_of
from booking.reservations.states import Mode, Presence, ReservationState
from booking.reservations.surcharges import read_surcharges
from booking.usage.queries import list_sessions
from booking.usage.reviewing import objection_ends_at
from booking.usage.tables import UsageSession
from directory.people.service import Caller
from foundation.identifiers import (
    ChargeId,
    EnterpriseId,
    InstrumentId,
    PersonId,
    ReservationId,
    UsageSessionId,
)
from telemetry.controls.tables import WantedState


class InstrumentRef(BaseModel):
    id: InstrumentId
    code: str
    name_zh: str
    name_en: str
    location: str
    time_zone: str
    """The lab's clock, by which its times are shown."""


class HolderView(BaseModel):
    id: PersonId
    display_name: str


class PayerView(BaseModel):
    id: EnterpriseId
    name: str


class TransitionView(BaseModel):
    from_: str | None
    to: str
    at: datetime
    by: str | None
    """None: the platform itself."""
    reason: str

    model_config = {"alias_generator": lambda name: name.rstrip("_"), "validate_by_name": True}


class CanView(BaseModel):
    """What the person asking may do now."""

    check_in: bool
    cancel: bool
    end: bool


class BucketsView(BaseModel):
    warm_up_ms: int
    run_ms: int
    cool_down_ms: int


class UsageView(BaseModel):
    id: UsageSessionId
    started_at: datetime
    ended_at: datetime
    metered_ms: int
    buckets: BucketsView
    coverage_percent: float
    state: str
    doubts: list[str]
    """Why a person must look at it."""
    metered_at: datetime
    """From then on its client may object."""
    late_evidence_at: datetime | None
    """When evidence came that it was too late to count."""
    labour_s: int
    is_metrological: bool
    """False: no calibration held throughout, so its figures prove nothing."""


class ChargeRef(BaseModel):
    id: ChargeId
    amount_fen: int
    currency: str
    tariff_version: int


class InterlockView(BaseModel):
    """What the interlock should be in, and what it last said."""

    wanted: str
    reported: str
    lease_until: datetime | None
    at: datetime | None


class ReservationView(BaseModel):
    id: ReservationId
    instrument: InstrumentRef
    holder: HolderView
    enterprise: PayerView
    starts_at: datetime
    ends_at: datetime
    state: ReservationState
    mode: Mode
    purpose: str
    answers: dict[str, Any]
    """To the instrument's questions, with the declaration of hazardous materials."""
    technician_id: PersonId | None
    """Who of the lab works the instrument, where the client does not."""
    presence: Presence | None
    """Where the client is meanwhile: present, observer or absent."""
    samples_at: datetime | None
    """When the lab noted that the samples of an assisted use are there."""
    made_by: PersonId | None
    """Who reserved it, where that was not its holder."""
    series_id: UUID | None
    expires_at: datetime | None
    """When a hold, or a wait for somebody's yes, is over."""
    cancelled_as: str | None
    """free, late or by_lab."""
    attendance: str | None
    """normal, late, overtime, early_leave, late+overtime, late+early_leave, or missed."""
    can: CanView
    acts: list[Act]
    """What the person asking may do now, each named as its route is."""
    estimate_fen: int | None
    transitions: list[TransitionView]
    usage: UsageView | None
    charge: ChargeRef | None
    interlock: InterlockView | None


def see_usage(usage: UsageSession | None) -> UsageView | None:
    if usage is None:
        return None
    assert usage.during.lower is not None
    assert usage.during.upper is not None
    return UsageView(
        id=usage.id,
        started_at=usage.during.lower,
        ended_at=usage.during.upper,
        metered_ms=usage.metered_ms,
        buckets=BucketsView(
            warm_up_ms=usage.warm_up_ms, run_ms=usage.work_ms, cool_down_ms=usage.cool_down_ms
        ),
        coverage_percent=usage.coverage_permille / 10,
        state=usage.state,
        doubts=[str(doubt) for doubt in usage.doubts],
        metered_at=usage.metered_at,
        late_evidence_at=usage.late_evidence_at,
        labour_s=usage.labour_s,
        is_metrological=usage.is_metrological,
    )


def see_charge(opened: Opened | None) -> ChargeRef | None:
    if opened is None:
        return None
    return ChargeRef(
        id=opened.charge.id,
        amount_fen=opened.charge.amount_fen,
        currency=opened.charge.currency,
        tariff_version=opened.tariff.version,
    )


def see_interlock(lock: WantedState | None) -> InterlockView | None:
    if lock is None:
        return None
    return InterlockView(
        wanted=lock.value,
        reported=lock.reported_value,
        lease_until=lock.lease_until,
        at=lock.reported_at,
    )


def see_acts(known: Known, usage: UsageSession | None, caller: Caller, now: datetime) -> list[Act]:
    reservation = known.reservation
    position = Position(
        state=ReservationState(reservation.state),
        slot=slot_of(reservation),
        mode=Mode(reservation.mode),
        has_technician=reservation.technician_id is not None,
        has_samples=reservation.samples_at is not None,
        is_over=is_over(reservation, now),
        usage_state=usage.state if usage else None,
        objection_ends_at=objection_ends_at(reservation, usage) if usage else None,
    )
    who = Standpoint(
        is_client=is_client_of(caller, reservation),
        is_staff=is_staff_of(caller, reservation),
        is_manager=is_manager_of(caller, reservation),
        is_endorser=is_endorser_of(caller, reservation),
    )
    return acts_of(position, who, now=now)


def see_can(acts: Sequence[Act]) -> CanView:
    return CanView(check_in=Act.CHECK_IN in acts, cancel=Act.CANCEL in acts, end=Act.END in acts)


def see_reservations(
    session: Session,
    known: Sequence[Known],
    caller: Caller,
    *,
    now: datetime,
    is_new: bool = False,
) -> list[ReservationView]:
    """Render a page of reservations with as many queries as one.

    What is new has neither use nor charge nor lease, and is not asked for them.
    """
    ids = [one.reservation.id for one in known]
    tariffs = find_in_force(
        session,
        [(one.instrument.id, slot_of(one.reservation).starts_at) for one in known],
    )
    asked = [] if is_new else ids
    sessions = list_sessions(session, asked) if asked else {}
    charges = charges_of(session, asked) if asked else {}
    interlocks = read_interlocks(session, asked) if asked else {}
    views = []
    for one in known:
        slot = slot_of(one.reservation)
        usage = sessions.get(one.reservation.id)
        acts = see_acts(one, usage, caller, now)
        tariff = tariffs.get((one.instrument.id, slot.starts_at))
        views.append(
            ReservationView(
                id=one.reservation.id,
                instrument=InstrumentRef(
                    id=one.instrument.id,
                    code=one.instrument.code,
                    name_zh=one.instrument.name_zh,
                    name_en=one.instrument.name_en,
                    location=one.instrument.location,
                    time_zone=one.time_zone,
                ),
                holder=HolderView(id=one.holder.id, display_name=one.holder.display_name),
                enterprise=PayerView(id=one.enterprise.id, name=one.enterprise.name),
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                state=ReservationState(one.reservation.state),
                mode=Mode(one.reservation.mode),
                purpose=one.reservation.purpose,
                answers=one.reservation.answers,
                technician_id=one.reservation.technician_id,
                presence=Presence(one.reservation.presence) if one.reservation.presence else None,
                samples_at=one.reservation.samples_at,
                made_by=one.reservation.made_by,
                series_id=one.reservation.series_id,
                expires_at=one.reservation.expires_at,
                cancelled_as=one.reservation.cancelled_as,
                attendance=one.reservation.attendance,
                can=see_can(acts),
                acts=acts,
                estimate_fen=price_slot(
                    slot, hourly(tariff), read_surcharges(one.reservation)
                ).amount.minor_units
                if tariff
                else None,
                transitions=[
                    TransitionView(
                        from_=step.from_state,
                        to=step.to_state,
                        at=step.at,
                        by=step.by,
                        reason=step.reason,
                    )
                    for step in one.steps
                ],
                usage=see_usage(usage),
                charge=see_charge(charges.get(one.reservation.id)),
                interlock=see_interlock(interlocks.get(one.reservation.id)),
            )
        )
    return views
