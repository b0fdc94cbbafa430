"""Notices of alarms leave the database: mail by SMTP, web hooks signed."""

from datetime import datetime, timedelta
from functools import cache

import msgspec

from directory.registrations.confirmations import Channel, Outgoing
from directory.registrations.senders import make_senders
from foundation.database import SessionFactory
from foundation.encryption import KeyRing, open_key_ring
from foundation.settings import Settings
from jobs.reconciling import Outcome
from jobs.webhooks import Hook, WebhookFailed, deliver
from telemetry.alarms.notices import Due, list_due, secret_place, settle, take

LEASE = timedelta(minutes=2)
"""Longer than any sending lasts: whoever dies while sending leaves it to the next."""


@cache
def settings() -> Settings:
    return Settings.read()


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that every notice is sent, tried again later, or given up with its error.

    The row is taken in one transaction and settled in another: nothing is sent inside one.
    """
    with sessions() as session, session.begin():
        found = list_due(session, now=now)
    outcome = Outcome(found=len(found))
    for notice_id in found:
        with sessions() as session, session.begin():
            due = take(session, notice_id, now=now, lease=LEASE)
        if due is None:
            outcome.already_done += 1
            continue
        error = send(due, now)
        with sessions() as session, session.begin():
            settle(session, notice_id, error, now=now)
        outcome.changed += error is None
        outcome.failed += error is not None
    return outcome


def send(due: Due, now: datetime) -> str | None:
    """Send one notice; return what went wrong."""
    try:
        if due.kind == "email":
            send_mail(due)
        else:
            send_hook(due, open_key_ring(settings()), now)
    except (OSError, WebhookFailed) as error:
        return str(error)[:500]
    return None


def send_mail(due: Due) -> None:
    senders = make_senders(settings().smtp_url.get_secret_value(), settings().mail_from)
    senders.send(Outgoing(channel=Channel.EMAIL, address=due.address, text=write_mail(due)))


def write_mail(due: Due) -> str:
    """Say it in Chinese and in English, the short of it first."""
    data = due.body["data"]
    words = {
        "raised": ("告警", "Alarm"),
        "cleared": ("告警解除", "Alarm cleared"),
        "withdrawn": ("告警撤回", "Alarm withdrawn"),
    }
    zh, en = words.get(due.event, (due.event, due.event))
    return (
        f"{zh}：{data['device']} {data['code']}（{data['severity']}）\n"
        f"{en}: {data['device']} {data['code']} ({data['severity']})\n\n"
        f"{data['raised_at']}"
        + (f" – {data['cleared_at']}" if data["cleared_at"] else "")
        + f"\n{data['detail']}\n"
    )


def send_hook(due: Due, ring: KeyRing, now: datetime) -> None:
    assert due.secret is not None, "a web hook has one"
    secret = ring.open(due.secret, secret_place(due.recipient_id)).decode()
    deliver(
        Hook(
            url=due.address,
            secret=secret,
            message_id=f"msg_{due.notice_id}",
            body=msgspec.json.encode(due.body),
            at=now,
        )
    )
