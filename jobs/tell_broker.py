"""A broker that keeps its own accounts is told of each that is new, changed or revoked."""

from datetime import datetime

from foundation.database import SessionFactory
from foundation.encryption import KeyRing, open_key_ring
from foundation.logs import get_log
from foundation.settings import Settings
from jobs.broker_control import ControlFailed, connected
from jobs.reconciling import Outcome
from telemetry.credentials.plugin import LISTS, find_commands
from telemetry.credentials.service import list_wanted, note_told

log = get_log("jobs")


def run(sessions: SessionFactory, now: datetime) -> Outcome:  # noqa: ARG001 - jobs take the time
    """Ensures that mosquitto's dynamic security lets in whom we do, and nobody who was revoked."""
    settings = Settings.read()
    url = settings.broker_control_url.get_secret_value()
    return tell(sessions, url, open_key_ring(settings)) if url else Outcome()


def tell(sessions: SessionFactory, url: str, ring: KeyRing) -> Outcome:
    """Bring the broker's accounts up to date. What it refuses is tried again at the next look."""
    with sessions() as session, session.begin():
        wanted = {one.username: one for one in list_wanted(session, ring)}
    try:
        with connected(url) as control:
            clients, roles = (answer["data"] for answer in control.ask(LISTS))
            commands = list(find_commands(wanted.values(), clients["clients"], roles["roles"]))
            answers = control.ask(commands) if commands else []
    except ControlFailed as error:
        log.warning("broker takes no accounts", error=str(error))
        return Outcome(failed=1)
    outcome = Outcome(found=len(commands))
    for command, answer in zip(commands, answers, strict=True):
        if "error" in answer:
            outcome.failed += 1
            log.warning("broker refused", command=command["command"], error=answer["error"])
            continue
        outcome.changed += 1
        if "password" in command:
            with sessions() as session, session.begin():
                note_told(session, wanted[command["username"]], ring)
    return outcome
