"""The full card of an openly shared instrument: what stands on it, and how it is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.instruments.categories import CATEGORIES
from booking.instruments.errors import CardRefused, InstrumentNotFound
from booking.instruments.service import search_text
from booking.instruments.tables import Instrument, InstrumentPhoto
from directory.audit.service import record
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.errors import Problem
from foundation.identifiers import InstrumentId

DETAILS = (
    *("specification", "indicators", "discipline", "standards", "customs_supervision"),
    *("service_content", "charging_standard", "open_rules", "contact", "phone", "email"),
)
"""What stands in the card's details; all else has a column of its own."""
COLUMNS = (
    *("name_zh", "name_en", "model", "maker", "category", "is_shared", "set_up_s", "cool_down_s"),
    *("region", "group_code", "value_fen", "commissioned_on", "calibrated_until", "modes"),
    *("is_metrological", "accessory_of", "location", "description_zh", "description_en"),
    *("limited_to_zh", "limited_to_en"),
)


@dataclass(frozen=True, slots=True)
class Named:
    """Another instrument, as far as a link to it shows."""

    id: InstrumentId
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Pictured:
    """A photograph without its content."""

    id: UUID
    caption_zh: str
    caption_en: str


@dataclass(frozen=True, slots=True)
class FullCard:
    """An instrument with what depends on it, what it depends on, and its photographs."""

    instrument: Instrument
    accessory_of: Named | None
    accessories: tuple[Named, ...]
    group: tuple[Named, ...]
    """Others of the same group: they share a policy, and may stand in for it."""
    photos: tuple[Pictured, ...]


def read_full_card(session: Session, instrument_id: InstrumentId) -> FullCard:
    """Read everything that stands on a card.

    Raises:
        InstrumentNotFound: when there is none of this id.
    """
    instrument = session.get(Instrument, instrument_id)
    if instrument is None:
        raise InstrumentNotFound
    related = Instrument.accessory_of == instrument_id
    if instrument.accessory_of is not None:
        related |= Instrument.id == instrument.accessory_of
    if instrument.group_code is not None:
        related |= (Instrument.group_code == instrument.group_code) & (
            Instrument.institution_id == instrument.institution_id
        )
    others = session.scalars(
        select(Instrument)
        .where(related, Instrument.id != instrument_id, Instrument.is_shared)
        .order_by(Instrument.code)
    ).all()
    photos = session.execute(
        select(InstrumentPhoto.id, InstrumentPhoto.caption_zh, InstrumentPhoto.caption_en)
        .where(InstrumentPhoto.instrument_id == instrument_id)
        .order_by(InstrumentPhoto.place, InstrumentPhoto.added_at, InstrumentPhoto.id)
    )
    return FullCard(
        instrument=instrument,
        accessory_of=next(iter(_named(others, instrument.accessory_of)), None),
        accessories=tuple(
            named
            for one in others
            if one.accessory_of == instrument_id
            for named in _named([one], one.id)
        ),
        group=tuple(
            named
            for one in others
            if instrument.group_code is not None and one.group_code == instrument.group_code
            for named in _named([one], one.id)
        ),
        photos=tuple(Pictured(*row) for row in photos),
    )


def _named(others: Sequence[Instrument], wanted: InstrumentId | None) -> list[Named]:
    return [Named(one.id, one.code, one.name_zh, one.name_en) for one in others if one.id == wanted]


def require_own(session: Session, instrument_id: InstrumentId, by: Caller) -> Instrument:
    """Return an instrument of one's own institution, for those who keep its card."""
    if not by.has(Role.INSTITUTION_MANAGER):
        raise NotAllowed
    instrument = session.scalar(
        select(Instrument)
        .where(Instrument.id == instrument_id, Instrument.institution_id == by.institution_id)
        .with_for_update()
    )
    if instrument is None:
        raise InstrumentNotFound
    return instrument


def change_card(
    session: Session,
    instrument_id: InstrumentId,
    changes: Mapping[str, Any],
    *,
    by: Caller,
    now: datetime,
) -> Instrument:
    """Write what is named anew, and leave the rest of the card as it was.

    Raises:
        CardRefused: naming everything that cannot be.
    """
    instrument = require_own(session, instrument_id, by)
    problems = _find_problems(session, instrument, changes)
    if problems:
        raise CardRefused(problems)
    for name in COLUMNS:
        if name in changes:
            setattr(instrument, name, changes[name])
    details = {name: changes[name] for name in DETAILS if name in changes}
    instrument.details = {**instrument.details, **details}
    instrument.search_text = search_text(instrument)
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="instrument.card",
        subject_kind="instrument",
        subject_id=instrument_id,
        now=now,
        changed=sorted(changes),
    )
    return instrument


def _find_problems(
    session: Session, instrument: Instrument, changes: Mapping[str, Any]
) -> list[Problem]:
    problems = [
        Problem("blank", "不能为空。", "It must not be blank.", name)
        for name in ("name_zh", "model")
        if name in changes and not str(changes[name] or "").strip()
    ]
    if "category" in changes and changes["category"] not in CATEGORIES:
        problems.append(
            Problem("unknown_category", "没有这个类别。", "There is no such category.", "category")
        )
    return problems + _find_accessory_problems(session, instrument, changes)


def _find_accessory_problems(
    session: Session, instrument: Instrument, changes: Mapping[str, Any]
) -> list[Problem]:
    host_id = changes.get("accessory_of")
    if host_id is None:
        return []
    host = session.get(Instrument, host_id)
    if host is None or host.institution_id != instrument.institution_id:
        zh, en = "没有这台仪器", "there is no such instrument of yours"
    elif host.id == instrument.id or host.accessory_of is not None:
        zh, en = "附件不能再有附件", "an accessory belongs to an instrument that is none itself"
    elif session.scalar(
        select(Instrument.id).where(Instrument.accessory_of == instrument.id).limit(1)
    ):
        zh, en = "该仪器已有附件", "it has accessories of its own"
    else:
        return []
    return [Problem("unfit_accessory", f"{zh}。", f"{en.capitalize()}.", "accessory_of")]
