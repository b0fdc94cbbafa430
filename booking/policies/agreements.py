"""Verbs on agreements on the use of one's instruments. The caller owns the transaction."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.policies.errors import EnterpriseUnknown
from booking.policies.qualifications import LISTED_MAX, Validity, today_at
from booking.policies.service import own_institution
from booking.policies.tables import Agreement
from directory.audit.service import record
from directory.enterprises.tables import Enterprise
from directory.people.service import Caller
from foundation.identifiers import EnterpriseId


@dataclass(frozen=True, slots=True)
class Signed:
    """An agreement with the name of who signed it."""

    enterprise_id: EnterpriseId
    enterprise: str
    valid_until: date
    today: date

    @property
    def validity(self) -> Validity:
        return Validity.VALID if self.valid_until >= self.today else Validity.OVER


def note_agreement(
    session: Session,
    valid_until: date,
    *,
    by: Caller,
    now: datetime,
    enterprise_id: EnterpriseId | None = None,
    credit_code: str | None = None,
) -> Signed:
    """Note that an enterprise signed, until when it holds; noted again, the later word counts.

    Raises:
        EnterpriseUnknown: when there is none of this id, or of this credit code.
    """
    institution_id = own_institution(by)
    is_wanted = (
        Enterprise.id == enterprise_id
        if enterprise_id
        else Enterprise.credit_code == (credit_code or "")
    )
    enterprise = session.scalar(select(Enterprise).where(is_wanted))
    if enterprise is None:
        raise EnterpriseUnknown
    values = {"signed_at": now, "signed_by": by.person_id, "valid_until": valid_until}
    session.execute(
        insert(Agreement)
        .values(enterprise_id=enterprise.id, institution_id=institution_id, **values)
        .on_conflict_do_update(index_elements=["enterprise_id", "institution_id"], set_=values)
    )
    record(
        session,
        actor_id=by.person_id,
        action="agreement.signed",
        subject_kind="enterprise",
        subject_id=enterprise.id,
        now=now,
        valid_until=valid_until.isoformat(),
    )
    today = today_at(session, institution_id, now)
    return Signed(enterprise.id, enterprise.name, valid_until, today)


def list_agreements(session: Session, *, by: Caller, now: datetime) -> list[Signed]:
    """Return who signed with one's institution, what ends first before."""
    institution_id = own_institution(by)
    today = today_at(session, institution_id, now)
    rows = session.execute(
        select(Enterprise.id, Enterprise.name, Agreement.valid_until)
        .join(Agreement, Agreement.enterprise_id == Enterprise.id)
        .where(Agreement.institution_id == institution_id)
        .order_by(Agreement.valid_until, Enterprise.name)
        .limit(LISTED_MAX)
    )
    return [Signed(*row, today) for row in rows]
