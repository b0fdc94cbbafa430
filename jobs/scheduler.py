"""The clock: APScheduler as the only tick, and nothing of ours in its hands but that."""

import threading
from collections.abc import Sequence
from datetime import UTC

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import OperationalError

from foundation.clock import read_clock
from foundation.database import SessionFactory
from foundation.logs import get_log
from jobs.reconciling import Job, Outcome

log = get_log("jobs")

WORKERS = 4


class Clock:
    """Runs each job at its pace until told to stop; a job never runs beside itself."""

    def __init__(self, jobs: Sequence[Job], sessions: SessionFactory) -> None:
        self._sessions = sessions
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(WORKERS)},
            # A tick that was missed is made up for by the next: every job finds all there is.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for job in jobs:
            self._scheduler.add_job(
                self._tick,
                "interval",
                args=[job],
                seconds=job.every_s,
                id=job.name,
                next_run_time=read_clock(),
            )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Let the jobs at work finish their thing, and start no more."""
        self._stopping.set()
        self._scheduler.shutdown(wait=True)

    def _tick(self, job: Job) -> None:
        if self._stopping.is_set():
            return
        try:
            outcome = run_job(job, self._sessions)
        except OperationalError as error:
            log.warning("database away", job=job.name, error=str(error.orig))
        except Exception:
            log.exception("job broke", job=job.name)
        else:
            if outcome.changed or outcome.failed:
                log.info("job done", job=job.name, outcome=str(outcome))


def run_job(job: Job, sessions: SessionFactory) -> Outcome:
    """Run a job once, now."""
    return job.run(sessions, read_clock())
