"""Routes under /usage: what was used, for the lab to look at before it is billed."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.devices import RunView
from api.identity import allow
from api.paging import PAGE_MAX, read_cursor, read_id, read_instant, write_cursor
from api.reservation_details import UsageChangeView, see_changes_of
from api.reservation_views import InstrumentRef, UsageView, see_usage
from api.routing import Router
from booking.reservations.rights import is_manager_of
from booking.reservations.service import slot_of, terms_of
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from booking.usage.desk import (
    Laid,
    Pile,
    count_piles,
    find_laid,
    list_pile,
    list_runs_behind,
)
from booking.usage.explaining import alarm_of, explain
from booking.usage.reviewing import confirms_at, objection_ends_at
from booking.usage.rules import COVERAGE_ENOUGH_PERMILLE, UsageState, difference_permille
from booking.usage.tables import UsageSession
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import InstitutionId, InstrumentId, ReservationId, UsageSessionId

router = Router(prefix="/usage", tags=["usage"])

Staff = Annotated[Caller, allow(Role.TECHNICIAN, Role.INSTITUTION_MANAGER)]


class MatchedView(BaseModel):
    """The reservation that the use was matched to."""

    id: ReservationId
    starts_at: datetime
    ends_at: datetime
    state: ReservationState
    holder: str
    enterprise: str


class ClosenessView(BaseModel):
    """How close the use is to its reservation, and how close it must be to need no person."""

    coverage_needed_percent: float
    differs_permille: int
    """How far the time used is from the time reserved."""
    tolerance_permille: int

    @classmethod
    def of(cls, usage: UsageSession, reservation: Reservation) -> Self:
        return cls(
            coverage_needed_percent=COVERAGE_ENOUGH_PERMILLE / 10,
            differs_permille=difference_permille(
                timedelta(milliseconds=usage.metered_ms), slot_of(reservation).length
            ),
            tolerance_permille=terms_of(reservation).confirm_tolerance_permille,
        )


class LaidView(BaseModel):
    """A usage session beside its reservation."""

    usage: UsageView
    instrument: InstrumentRef
    device: str
    """Its meter's name; empty where it has none."""
    reservation: MatchedView | None
    """None: nobody had reserved it."""
    evidence: ClosenessView | None
    objection_ends_at: datetime | None
    confirms_at: datetime | None
    """When it is confirmed by itself; None where a person must look at it."""
    confirmed_at: datetime | None
    acts: list[str]
    """What the person asking may do: confirm, correct, resolve or explain."""

    @classmethod
    def of(cls, laid: Laid, caller: Caller) -> Self:
        usage, kept = laid.usage, laid.reservation
        seen = see_usage(usage)
        assert seen is not None
        return cls(
            usage=seen,
            instrument=InstrumentRef(
                id=laid.instrument.id,
                code=laid.instrument.code,
                name_zh=laid.instrument.name_zh,
                name_en=laid.instrument.name_en,
                location=laid.instrument.location,
                time_zone=laid.time_zone,
            ),
            device=laid.device or "",
            reservation=MatchedView(
                id=kept.id,
                starts_at=slot_of(kept).starts_at,
                ends_at=slot_of(kept).ends_at,
                state=ReservationState(kept.state),
                holder=laid.holder or "",
                enterprise=laid.enterprise or "",
            )
            if kept
            else None,
            evidence=ClosenessView.of(usage, kept) if kept else None,
            objection_ends_at=objection_ends_at(kept, usage) if kept else None,
            confirms_at=confirms_at(kept, usage) if kept else None,
            confirmed_at=usage.confirmed_at,
            acts=acts_on(laid, caller),
        )


def acts_on(laid: Laid, caller: Caller) -> list[str]:
    usage, kept = laid.usage, laid.reservation
    if kept is None:
        return ["explain"] if usage.state == UsageState.NEEDS_REVIEW else []
    if usage.state in {UsageState.METERED, UsageState.NEEDS_REVIEW}:
        return ["confirm", "correct"]
    is_managers = usage.state == UsageState.DISPUTED and is_manager_of(caller, kept)
    return ["resolve"] if is_managers else []


class CountsView(BaseModel):
    waiting: int
    unreserved: int
    disputed: int


class PileView(BaseModel):
    items: list[LaidView]
    counts: CountsView
    next_cursor: str | None


@router.get("")
def read_pile(
    caller: Staff,
    reading: ReadOnly,
    *,
    pile: Pile = Pile.WAITING,
    instrument_id: InstrumentId | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
) -> PileView:
    """List what waits, what nobody reserved, what is objected to, or what is settled."""
    institution_id = own(caller)
    after = None
    if cursor:
        at, key = read_cursor(cursor, 2)
        after = (read_instant(at), read_id(key))
    found = list_pile(
        reading, institution_id, pile, instrument_id=instrument_id, after=after, limit=limit + 1
    )
    shown = found[:limit]
    counts = count_piles(reading, institution_id, instrument_id=instrument_id)
    return PileView(
        items=[LaidView.of(laid, caller) for laid in shown],
        counts=CountsView(**{pile.value: count for pile, count in counts.items()}),
        next_cursor=write_cursor(shown[-1].usage.metered_at, shown[-1].usage.id)
        if len(found) > limit
        else None,
    )


def own(caller: Caller) -> InstitutionId:
    if caller.institution_id is None:
        raise NotAllowed
    return caller.institution_id


class RaisedView(BaseModel):
    """The alarm that use without a reservation raised."""

    severity: str
    raised_at: datetime
    acknowledged_at: datetime | None
    cleared_at: datetime | None


class LaidOpenView(LaidView):
    """All that stands behind one usage session."""

    runs: list[RunView]
    changes: list[UsageChangeView]
    alarm: RaisedView | None


@router.get("/{usage_id}")
def read_one(usage_id: UsageSessionId, caller: Staff, reading: ReadOnly) -> LaidOpenView:
    """Show a usage session with its runs, its changes so far, and its alarm."""
    laid = find_laid(reading, usage_id, caller)
    alarm = alarm_of(reading, laid.usage) if laid.reservation is None else None
    return LaidOpenView(
        **dict(LaidView.of(laid, caller)),
        runs=[RunView.of(run) for run in list_runs_behind(reading, usage_id)],
        changes=see_changes_of(reading, laid.usage),
        alarm=RaisedView.model_validate(alarm, from_attributes=True) if alarm else None,
    )


class ExplanationBody(Body):
    reason: str = Field(min_length=1, max_length=500)
    metered_ms: int | None = Field(default=None, ge=0)
    """None: it stays as it was metered."""


@router.post("/{usage_id}/explain")
def explain_use(
    usage_id: UsageSessionId,
    body: ExplanationBody,
    caller: Staff,
    now: Now,
    transaction: Transaction,
) -> LaidView:
    """Say what use without a reservation was: it counts as the institution's own."""
    explain(
        transaction, usage_id, metered_ms=body.metered_ms, by=caller, reason=body.reason, now=now
    )
    return LaidView.of(find_laid(transaction, usage_id, caller), caller)
