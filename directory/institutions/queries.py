"""Questions about institutions."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.institutions.rules import (
    Check,
    Qualification,
    QualificationKind,
    State,
    find_obstacles,
)
from directory.institutions.tables import (
    Institution,
    InstitutionCheck,
    InstitutionQualification,
)
from directory.workdays.rules import ZONE
from foundation.errors import Problem
from foundation.identifiers import InstitutionId

SHOWN_MAX = 200


def list_all(session: Session, *, state: State | None) -> list[Institution]:
    query = select(Institution).order_by(Institution.created_at.desc(), Institution.id)
    if state is not None:
        query = query.where(Institution.state == state)
    return list(session.scalars(query.limit(SHOWN_MAX)))


def find_by_id(
    session: Session, wanted: Iterable[InstitutionId]
) -> dict[InstitutionId, Institution]:
    found = session.scalars(select(Institution).where(Institution.id.in_(set(wanted))))
    return {one.id: one for one in found}


def obstacles_of(session: Session, institution: Institution, now: datetime) -> list[Problem]:
    newest = {check.check: check.passed for check in checks_of(session, institution.id)}
    return find_obstacles(
        passed=[Check(check) for check, passed in newest.items() if passed],
        has_agreement=institution.agreement_signed_on is not None,
        qualifications=qualifications_of(session, institution.id),
        today=now.astimezone(ZONE).date(),
    )


def checks_of(session: Session, institution_id: InstitutionId) -> list[InstitutionCheck]:
    """Return every check, the oldest first, so that the newest of a kind comes last."""
    query = select(InstitutionCheck).where(InstitutionCheck.institution_id == institution_id)
    return list(session.scalars(query.order_by(InstitutionCheck.at, InstitutionCheck.id)))


def rows_of(session: Session, institution_id: InstitutionId) -> list[InstitutionQualification]:
    query = select(InstitutionQualification).where(
        InstitutionQualification.institution_id == institution_id
    )
    return list(session.scalars(query.order_by(InstitutionQualification.valid_to.desc())))


def qualifications_of(session: Session, institution_id: InstitutionId) -> list[Qualification]:
    return [
        Qualification(
            QualificationKind(row.kind),
            row.number,
            row.valid_from,
            row.valid_to,
            row.revoked_at is not None,
        )
        for row in rows_of(session, institution_id)
    ]
