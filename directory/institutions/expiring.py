"""Certificates that will not hold much longer: whoever manages the institution is told in time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from directory.institutions.rules import State, warned_at
from directory.institutions.tables import Institution, InstitutionQualification
from directory.notices.service import Telling, tell
from directory.notices.tables import Notice
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import Role
from directory.workdays.rules import ZONE
from foundation.identifiers import PersonId


class ExpiryKind(StrEnum):
    QUALIFICATION_ENDS = "qualification_ends"


ZH = (
    "资质证书 {number} 将于 {until} 到期（还有 {left} 天），请及时换证并登记；"
    "最后一项资质失效后自动暂停接新单。"
)
EN = (
    "The certificate {number} ends on {until}, in {left} days. Renew and enter it; without any that"
    " holds, no new orders are taken."
)


@dataclass(frozen=True, slots=True)
class Expiring:
    """A certificate that ends soon, and how many days before that is said."""

    qualification_id: UUID
    days_before: int


def list_expiring(session: Session, *, now: datetime) -> list[Expiring]:
    """Return what ends soon, with none of its kind to follow, and was not told of yet."""
    today = now.astimezone(ZONE).date()
    row, later = InstitutionQualification, aliased(InstitutionQualification)
    renewed = (
        select(later.id)
        .where(
            later.institution_id == row.institution_id,
            later.kind == row.kind,
            later.valid_to > row.valid_to,
            later.revoked_at.is_(None),
        )
        .exists()
    )
    ending = session.execute(
        select(row.id, row.valid_to)
        .join(Institution, Institution.id == row.institution_id)
        .where(
            Institution.state != State.EXITED,
            row.revoked_at.is_(None),
            row.valid_to >= today,
            ~renewed,
        )
    )
    found = [
        Expiring(key, days_before)
        for key, valid_to in ending
        if (days_before := warned_at((valid_to - today).days)) is not None
    ]
    told = set(
        session.scalars(
            select(Notice.occasion).where(Notice.occasion.in_([_occasion(one) for one in found]))
        )
    )
    return [one for one in found if _occasion(one) not in told]


def tell_expiring(session: Session, one: Expiring, *, now: datetime) -> bool:
    """Tell each manager of the institution; False where there is nobody to tell."""
    row = session.get_one(InstitutionQualification, one.qualification_id)
    left = (row.valid_to - now.astimezone(ZONE).date()).days
    blanks = {"number": row.number, "until": row.valid_to, "left": left}
    managers = _managers(session, row)
    for person_id in managers:
        telling = Telling(
            person_id,
            ExpiryKind.QUALIFICATION_ENDS,
            _occasion(one),
            ZH.format(**blanks),
            EN.format(**blanks),
            ("institution", row.institution_id),
        )
        tell(session, telling, now=now)
    return bool(managers)


def _managers(session: Session, row: InstitutionQualification) -> Collection[PersonId]:
    return session.scalars(
        select(Person.id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Person.is_active,
            Person.institution_id == row.institution_id,
            RoleAssignment.role == Role.INSTITUTION_MANAGER,
        )
    ).all()


def _occasion(one: Expiring) -> str:
    return f"qualification:{one.qualification_id}:{one.days_before}"
