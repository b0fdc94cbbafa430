"""Verbs on what institutions want to be told of, and who is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.encryption import KeyRing
from foundation.errors import Problem
from foundation.identifiers import DeviceId, InstitutionId, new_id
from telemetry.alarms.errors import RecipientNotFound, RecipientRefused, RuleNotFound, RuleRefused
from telemetry.alarms.notices import secret_place
from telemetry.alarms.rules import RuleKind
from telemetry.alarms.tables import AlarmRecipient, AlarmRule
from telemetry.devices.tables import Device

CODE_PATTERN = r"^[A-Z][A-Z0-9_]{1,40}$"


@dataclass(frozen=True, slots=True)
class RuleWish:
    """A rule as somebody asks for it."""

    kind: RuleKind
    metric: str
    limit: float | None
    hysteresis: float
    for_s: int
    clear_for_s: int
    severity: str
    code: str
    device_id: DeviceId | None


def list_rules(session: Session, institution_id: InstitutionId) -> Sequence[AlarmRule]:
    return session.scalars(
        select(AlarmRule)
        .where(AlarmRule.institution_id == institution_id, AlarmRule.is_enabled)
        .order_by(AlarmRule.created_at)
    ).all()


def add_rule(
    session: Session, institution_id: InstitutionId, wish: RuleWish, *, now: datetime
) -> AlarmRule:
    """Watch for something from now on.

    Raises:
        RuleRefused: with everything that is wrong with it.
    """
    problems = find_problems(session, institution_id, wish)
    if problems:
        raise RuleRefused(problems)
    rule = AlarmRule(
        id=new_id(),
        institution_id=institution_id,
        device_id=wish.device_id,
        kind=wish.kind,
        metric=wish.metric if wish.limit is not None else "",
        limit_value=wish.limit,
        hysteresis=wish.hysteresis,
        for_s=wish.for_s,
        clear_for_s=wish.clear_for_s,
        severity=wish.severity,
        code=wish.code,
        is_enabled=True,
        created_at=now,
    )
    session.add(rule)
    session.flush()
    return rule


def find_problems(session: Session, institution_id: InstitutionId, wish: RuleWish) -> list[Problem]:
    problems = []
    is_limit = wish.kind in {RuleKind.ABOVE, RuleKind.BELOW}
    if wish.kind is RuleKind.UNRESERVED:
        problems.append(
            Problem("always_watched", "未预约运行始终受监视。", "This is always watched.", "kind")
        )
    if is_limit != (wish.limit is not None):
        problems.append(
            Problem(
                "limit_and_kind",
                "上限或下限规则须有限值，其他规则不得有。",
                "A rule above or below has a limit; others have none.",
                "limit",
            )
        )
    if is_limit and not wish.metric:
        problems.append(
            Problem("metric_missing", "请选择测量量。", "Which metric is it about?", "metric")
        )
    if wish.kind is RuleKind.STALE and wish.for_s < 60:  # noqa: PLR2004 - a minute
        problems.append(
            Problem(
                "too_soon",
                "静默时间至少一分钟。",
                "A silence is a minute at least.",
                "for_s",
            )
        )
    if wish.device_id is not None and not session.scalar(
        select(Device.id).where(
            Device.id == wish.device_id, Device.institution_id == institution_id
        )
    ):
        problems.append(
            Problem("device_not_found", "没有这台设备。", "There is no such device.", "device_id")
        )
    return problems


def end_rule(session: Session, institution_id: InstitutionId, rule_id: UUID) -> None:
    """Watch no longer. The rule stays, because alarms point at it."""
    rule = session.get(AlarmRule, rule_id)
    if rule is None or rule.institution_id != institution_id:
        raise RuleNotFound
    rule.is_enabled = False
    session.flush()


def list_recipients(session: Session, institution_id: InstitutionId) -> Sequence[AlarmRecipient]:
    return session.scalars(
        select(AlarmRecipient)
        .where(AlarmRecipient.institution_id == institution_id, AlarmRecipient.is_enabled)
        .order_by(AlarmRecipient.created_at)
    ).all()


def add_recipient(
    session: Session,
    institution_id: InstitutionId,
    *,
    kind: str,
    address: str,
    severity_min: str,
    secret: str | None,
    ring: KeyRing,
    now: datetime,
) -> AlarmRecipient:
    """Tell somebody from now on. A web hook's secret is kept sealed, and shown once."""
    parts = urlsplit(address)
    is_good = (
        "@" in address and " " not in address
        if kind == "email"
        else parts.scheme == "https" and bool(parts.hostname) and not parts.username
    )
    if not is_good:
        raise RecipientRefused
    recipient_id = new_id()
    recipient = AlarmRecipient(
        id=recipient_id,
        institution_id=institution_id,
        kind=kind,
        address=address,
        secret=None if secret is None else ring.seal(secret.encode(), secret_place(recipient_id)),
        severity_min=severity_min,
        is_enabled=True,
        created_at=now,
    )
    session.add(recipient)
    session.flush()
    return recipient


def end_recipient(session: Session, institution_id: InstitutionId, recipient_id: UUID) -> None:
    recipient = session.get(AlarmRecipient, recipient_id)
    if recipient is None or recipient.institution_id != institution_id:
        raise RecipientNotFound
    recipient.is_enabled = False
    session.flush()


def rewrap_secrets(session: Session, ring: KeyRing) -> int:
    """Seal the web hooks' secrets anew under the current key, and return how many were not."""
    rows = session.scalars(
        select(AlarmRecipient)
        .where(AlarmRecipient.secret.is_not(None))
        .order_by(AlarmRecipient.id)
        .with_for_update(skip_locked=True)
    ).all()
    former = [row for row in rows if row.secret is not None and not ring.is_current(row.secret)]
    for row in former:
        assert row.secret is not None, "chosen so"
        place = secret_place(row.id)
        row.secret = ring.seal(ring.open(row.secret, place), place)
    session.flush()
    return len(former)
