"""Evidence that comes late: counted while nothing is charged yet, flagged once it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.reservations.tables import Reservation
from booking.usage.evidence import Evidence, gather
from booking.usage.reviewing import values_of, write_change
from booking.usage.rules import UsageState
from booking.usage.tables import UsageChange, UsageRun, UsageSession
from foundation.identifiers import UsageSessionId
from telemetry.alarms.service import raise_alarm

S = UsageState
LATE = "late evidence"


def remeter(session: Session, usage_session_id: UsageSessionId, *, now: datetime) -> bool:
    """Read the evidence of a session again; False where it says what it said.

    What a person decided, and what is charged, stands: then the late evidence is noted
    beside it, with what it would have come to, for a person to look at.
    """
    usage = session.scalar(
        select(UsageSession)
        .where(UsageSession.id == usage_session_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if usage is None or usage.reservation_id is None:
        return False
    evidence = gather(
        session, session.get_one(Reservation, usage.reservation_id), of=usage_session_id
    )
    if not _is_news(session, usage, evidence):
        return False
    former = values_of(usage)
    if _is_decided(session, usage) or (usage.state == S.CONFIRMED and evidence.measured.doubts):
        _flag(session, usage, evidence, former, now=now)
    else:
        _count(usage, evidence)
        _take_runs(session, usage, evidence)
        usage.metered_at = now
        write_change(session, usage, "remetered", former, by=None, reason=LATE, now=now)
    return True


def _is_news(session: Session, usage: UsageSession, evidence: Evidence) -> bool:
    """Tell whether it comes to something else than what was counted, or noted, last."""
    said = _values(evidence)
    noted = session.scalar(
        select(UsageChange.became)
        .where(UsageChange.usage_session_id == usage.id, UsageChange.kind == "late_evidence")
        .order_by(UsageChange.id.desc())
        .limit(1)
    )
    if noted is not None:
        return bool({key: noted.get(key) for key in said} != said)
    if _is_corrected(session, usage):
        counted = session.scalars(
            select(UsageRun.run_id).where(UsageRun.usage_session_id == usage.id)
        ).all()
        # The figure is a person's; only what they could not have seen is news to them.
        return bool(
            {run.run_id for run in evidence.runs} - set(counted)
            or evidence.measured.work_ms != usage.work_ms
        )
    return any(getattr(usage, key) != value for key, value in said.items())


def _values(evidence: Evidence) -> dict[str, Any]:
    measured = evidence.measured
    return {
        "metered_ms": measured.metered_ms,
        "warm_up_ms": measured.warm_up_ms,
        "work_ms": measured.work_ms,
        "cool_down_ms": measured.cool_down_ms,
        "coverage_permille": measured.coverage_permille,
        "doubts": list(measured.doubts),
    }


def _is_corrected(session: Session, usage: UsageSession) -> bool:
    return bool(
        session.scalar(
            select(
                exists().where(
                    UsageChange.usage_session_id == usage.id,
                    UsageChange.kind.in_(["corrected", "resolved"]),
                )
            )
        )
    )


def _is_decided(session: Session, usage: UsageSession) -> bool:
    """Tell whether it is charged, or a person said what it comes to."""
    return usage.state == S.BILLED or bool(
        session.scalar(
            select(
                exists().where(
                    UsageChange.usage_session_id == usage.id,
                    or_(
                        UsageChange.kind.in_(["corrected", "resolved"]),
                        (UsageChange.kind == "confirmed") & UsageChange.actor_id.is_not(None),
                    ),
                )
            )
        )
    )


def _count(usage: UsageSession, evidence: Evidence) -> None:
    for key, value in _values(evidence).items():
        setattr(usage, key, value)
    usage.during = evidence.during
    if usage.state in {S.METERED, S.NEEDS_REVIEW}:
        usage.state = evidence.measured.state


def _take_runs(session: Session, usage: UsageSession, evidence: Evidence) -> None:
    """Let its runs stand behind it, so that no other use counts them."""
    for run in evidence.runs:
        session.execute(
            insert(UsageRun)
            .values(run_id=run.run_id, usage_session_id=usage.id)
            .on_conflict_do_nothing()
        )


def _flag(
    session: Session,
    usage: UsageSession,
    evidence: Evidence,
    former: dict[str, Any],
    *,
    now: datetime,
) -> None:
    assert evidence.device_id is not None, "without a meter no evidence comes late"
    usage.late_evidence_at = now
    _take_runs(session, usage, evidence)
    write_change(
        session,
        usage,
        "late_evidence",
        former,
        by=None,
        reason=LATE,
        now=now,
        became=former | _values(evidence),
    )
    raise_alarm(
        session,
        device_id=evidence.device_id,
        code="LATE_EVIDENCE",
        subject=str(usage.id),
        severity="minor",
        raised_at=now,
        now=now,
        detail={
            "metered_ms": usage.metered_ms,
            "evidence_ms": evidence.measured.metered_ms,
            "usage_session_id": str(usage.id),
        },
    )
