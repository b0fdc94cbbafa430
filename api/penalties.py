"""Routes on penalties: one's own with their appeal, and a lab's to decide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import SignedIn, allow
from api.routing import Router
from booking.attendance.queries import (
    list_penalties,
    list_penalties_of,
    names_behind,
)
from booking.attendance.service import appeal, decide_appeal
from booking.attendance.tables import Penalty
from directory.institutions.queries import find_by_id
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import PersonId, ReservationId

router = Router(prefix="/penalties", tags=["reservations"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]


class PenaltyView(BaseModel):
    id: UUID
    person_id: PersonId
    person: str
    institution_zh: str
    institution_en: str
    """Whose instruments the person may not reserve meanwhile."""
    reservation_id: ReservationId
    """The last straw."""
    reason_zh: str
    reason_en: str
    state: str
    """noticed, active, appealed or lifted."""
    starts_at: datetime
    ends_at: datetime
    appeal: str | None
    decision: str | None


def see_penalties(session: Session, penalties: Sequence[Penalty]) -> list[PenaltyView]:
    """Render penalties with whom they are about, and by whom."""
    people = names_behind(session, penalties)
    labs = find_by_id(session, {one.institution_id for one in penalties})
    return [
        PenaltyView(
            id=one.id,
            person_id=one.person_id,
            person=people.get(one.person_id, ""),
            institution_zh=labs[one.institution_id].name_zh,
            institution_en=labs[one.institution_id].name_en,
            reservation_id=one.reservation_id,
            reason_zh=one.reason_zh,
            reason_en=one.reason_en,
            state=one.state,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            appeal=one.appeal,
            decision=one.decision,
        )
        for one in penalties
    ]


class PenaltyList(BaseModel):
    items: list[PenaltyView]


@router.get("")
def read_penalties(caller: SignedIn, reading: ReadOnly) -> PenaltyList:
    """List one's own, or those a manager decides on, with reasons and what became of an appeal."""
    if caller.has(Role.INSTITUTION_MANAGER) and caller.institution_id is not None:
        found = list_penalties_of(reading, caller.institution_id)
    else:
        found = list_penalties(reading, caller.person_id)
    return PenaltyList(items=see_penalties(reading, found))


class AppealBody(Body):
    text: str = Field(min_length=1, max_length=2000)


@router.post("/{penalty_id}/appeal")
def appeal_penalty(
    penalty_id: UUID, body: AppealBody, caller: SignedIn, now: Now, transaction: Transaction
) -> PenaltyView:
    """Say why a ban is wrong; it is off until somebody decides."""
    penalty = appeal(transaction, penalty_id, by=caller, text=body.text, now=now)
    return see_penalties(transaction, [penalty])[0]


class DecisionBody(Body):
    is_upheld: bool
    decision: str = Field(min_length=1, max_length=2000)


@router.post("/{penalty_id}/decision")
def decide_penalty(
    penalty_id: UUID, body: DecisionBody, caller: Manager, now: Now, transaction: Transaction
) -> PenaltyView:
    """Lift a ban that was appealed, or let it stand, with reasons."""
    penalty = decide_appeal(
        transaction,
        penalty_id,
        is_upheld=body.is_upheld,
        decision=body.decision,
        by=caller,
        now=now,
    )
    return see_penalties(transaction, [penalty])[0]
