"""How every job works through its things: one transaction each, and counts at the end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from typing_extensions import override

from foundation.database import SessionFactory
from foundation.errors import DomainError
from foundation.logs import get_log
from jobs.tables import JobRun

log = get_log("jobs")

Thing = TypeVar("Thing")


@dataclass(slots=True)
class Outcome:
    """What a run of a job found and did."""

    found: int = 0
    changed: int = 0
    already_done: int = 0
    failed: int = 0

    @override
    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in asdict(self).items())


@dataclass(frozen=True, slots=True)
class Job:
    """A reconciler: what it ensures, and how often it looks."""

    name: str
    every_s: float
    run: Callable[[SessionFactory, datetime], Outcome]
    """Takes where to open sessions and what time it is; its docstring begins with Ensures."""


def reconcile(
    sessions: SessionFactory,
    find: Callable[[Session], Iterable[Thing]],
    mend: Callable[[Session, Thing], bool],
) -> Outcome:
    """Find what is not as it should be, and mend each in a transaction of its own.

    One bad record stops nobody: it is counted, logged and found again next time.
    """
    with sessions() as session, session.begin():
        things = list(find(session))
    outcome = Outcome(found=len(things))
    for thing in things:
        try:
            with sessions() as session, session.begin():
                if mend(session, thing):
                    outcome.changed += 1
                else:
                    outcome.already_done += 1
        except DomainError as error:
            outcome.failed += 1
            log.warning("refused", thing=str(thing), code=error.code)
        except Exception:
            outcome.failed += 1
            log.exception("failed", thing=str(thing))
    return outcome


def claim(
    session: Session,
    job: str,
    scheduled_for: datetime,
    outcome: Mapping[str, Any],
    *,
    now: datetime,
) -> bool:
    """Insert the row that makes an effect happen once; False when another process has.

    Called in the transaction of the effect: both are there, or neither.
    """
    inserted = session.scalar(
        insert(JobRun)
        .values(job=job, scheduled_for=scheduled_for, finished_at=now, outcome=dict(outcome))
        .on_conflict_do_nothing()
        .returning(JobRun.job)
    )
    return inserted is not None
