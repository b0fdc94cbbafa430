"""Reservations taken in from a workbook: by everybody's verb, and all of them or none."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.tables import Instrument
from booking.policies.tables import Agreement, Policy
from booking.reservations.sheets import COLUMNS
from booking.reservations.tables import Reservation, ReservationTransition
from directory.enterprises.tables import Enterprise
from directory.roles.rules import Role
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

PATH = "/api/v1/reservation-sheet"
ZONE = ZoneInfo("Asia/Shanghai")
DAY = (read_clock().astimezone(ZONE) + timedelta(days=3)).replace(
    hour=0, minute=0, second=0, microsecond=0, tzinfo=None
)
Answer = tuple[int, dict[str, Any]]


def at(hour: int) -> datetime:
    return DAY + timedelta(hours=hour)


@dataclass
class Desk:
    """Mei's, who manages an institution that Alice's enterprise signed with."""

    mei: TestClient
    cast: Cast
    code: str
    instrument: Instrument
    others_code: str
    sessions: sessionmaker[Session]

    def row(self, starts: object, ends: object, **more: Any) -> Sequence[Any]:
        said = {"code": self.code, "login": self.cast.alice.login, "purpose": "迁移"} | more
        return [said["code"], said["login"], starts, ends, said["purpose"]]

    def send(self, *rows: Sequence[Any], to: str = "", key: str = "") -> Answer:
        answer = self.mei.post(
            PATH + to,
            files={"file": ("reservations.xlsx", workbook(*rows))},
            headers={} if to else {"Idempotency-Key": key or uuid4().hex},
        )
        return answer.status_code, answer.json()

    def faults(self, *rows: Sequence[Any]) -> list[tuple[str, str]]:
        status, told = self.send(*rows)
        assert (status, told["code"]) == (422, "sheet_refused"), told
        assert self.count() == 0
        return [(one["code"], one["field"]) for one in told["problems"]]

    def count(self) -> int:
        with self.sessions.begin() as session:
            return session.scalar(select(func.count()).select_from(Reservation)) or 0


def workbook(*rows: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(COLUMNS.values()))
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.fixture
def desk(cast: Cast, signed_in_as: SignedInAs, session_factory: sessionmaker[Session]) -> Desk:
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        theirs = make.instrument(session, institution=cast.other_institution)
        for one in (instrument, theirs):
            make.tariff(session, instrument=one)
        sign(session, cast.enterprise, cast)
    mei = signed_in_as(cast.mei)
    return Desk(mei, cast, instrument.code, instrument, theirs.code, session_factory)


def sign(session: Session, enterprise: Enterprise, cast: Cast, *, days: int = 9) -> None:
    today = read_clock().date()
    session.add(
        Agreement(
            enterprise_id=enterprise.id,
            institution_id=cast.institution.id,
            signed_at=make.LONG_AGO,
            signed_by=None,
            valid_until=today + timedelta(days=days),
        )
    )


def test_each_row_is_reserved_for_its_person_in_the_labs_own_time(desk: Desk) -> None:
    status, told = desk.send(
        desk.row(at(9), at(10)), desk.row(f"{DAY:%Y/%m/%d} 13:00", f"{DAY:%Y-%m-%d}T05:30:00Z")
    )

    assert status == 201, told
    assert [(one["row"], one["state"], one["problems"]) for one in told["items"]] == [
        (2, "reserved", []),
        (3, "reserved", []),
    ]
    with desk.sessions.begin() as session:
        first, second = session.scalars(select(Reservation).order_by(Reservation.during))
        assert first.during.lower == at(9).replace(tzinfo=ZONE)
        assert second.during.upper == at(13).replace(minute=30, tzinfo=ZONE)
        assert (first.holder_id, first.made_by) == (desk.cast.alice.id, desk.cast.mei.id)
        assert first.enterprise_id == desk.cast.enterprise.id
        assert first.purpose == "迁移"
        noted = session.scalars(
            select(ReservationTransition.actor_id).where(
                ReservationTransition.reservation_id == first.id
            )
        )
        assert set(noted) == {desk.cast.mei.id}


def test_every_fault_of_every_row_is_named_and_nothing_is_taken(desk: Desk) -> None:
    assert desk.faults(
        desk.row("明天", at(10), code=desk.others_code),
        desk.row(at(9), at(8), login="nobody"),
        desk.row(at(9), at(10)),
        desk.row(at(9), at(11), purpose="x" * 501),
        desk.row("=NOW()", None),
        desk.row(at(-999), at(-998), login=desk.cast.carol.login),
    ) == [
        ("cell_wrong", "C2"),
        ("unknown_instrument", "A2"),
        ("unknown_person", "B3"),
        ("reversed", "D3"),
        ("too_long_text", "E5"),
        ("rows_overlap", "C5"),
        ("cell_wrong", "C6"),
        ("cell_wrong", "D6"),
        ("unknown_person", "B7"),
        ("in_the_past", "C7"),
    ]


def test_what_is_taken_already_is_named_beside_the_rows_own_clash(desk: Desk) -> None:
    assert desk.send(desk.row(at(9), at(10)))[0] == 201

    status, told = desk.send(desk.row(at(8), at(9)), desk.row(at(8), at(10)))

    assert status == 422
    assert [(one["code"], one["field"]) for one in told["problems"]] == [
        ("slot_taken", "C3"),
        ("rows_overlap", "C3"),
    ]
    assert desk.count() == 1
    assert told["problems"][0]["detail_zh"].startswith("第 3 行“开始时间”:")


def test_preview_tells_what_each_row_would_do_and_keeps_nothing(desk: Desk) -> None:
    status, told = desk.send(
        desk.row(at(9), at(10)), desk.row(at(9), at(10), login="nobody"), to="-preview"
    )

    assert status == 200, told
    seen = [
        (one["state"], one["reservation_id"], [fault["code"] for fault in one["problems"]])
        for one in told["items"]
    ]
    assert seen == [
        ("reserved", None, []),
        (None, None, ["unknown_person", "rows_overlap"]),
    ]
    assert desk.count() == 0
    assert desk.send(desk.row(at(9), at(10)))[0] == 201


def test_same_key_takes_in_once_and_another_file_by_it_is_refused(desk: Desk) -> None:
    rows = workbook(desk.row(at(9), at(10)))
    answers = [
        desk.mei.post(
            PATH, files={"file": ("again.xlsx", rows)}, headers={"Idempotency-Key": "key-of-mine"}
        )
        for _ in range(2)
    ]

    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert desk.count() == 1
    other = desk.send(desk.row(at(11), at(12)), key="key-of-mine")
    assert (other[0], other[1]["code"]) == (422, "idempotency_key_reused")


def needs_approval(session: Session, desk: Desk) -> None:
    session.add(
        Policy(
            institution_id=desk.cast.institution.id,
            terms={"needs_approval": True},
            updated_at=make.LONG_AGO,
        )
    )


def endorses(session: Session, desk: Desk) -> None:
    session.get_one(Enterprise, desk.cast.enterprise.id).needs_endorsement = True


@pytest.mark.parametrize(
    ("change", "state"), [(needs_approval, "submitted"), (endorses, "proposed")]
)
def test_import_passes_by_nobody_who_has_a_say(
    desk: Desk, change: Callable[[Session, Desk], None], state: str
) -> None:
    with desk.sessions.begin() as session:
        change(session, desk)

    status, told = desk.send(desk.row(at(9), at(10)))

    assert status == 201, told
    assert [one["state"] for one in told["items"]] == [state]


def test_only_clients_of_the_institution_are_reserved_for(desk: Desk) -> None:
    """Nobody learns which logins there are, nor binds who never came."""
    cast = desk.cast
    with desk.sessions.begin() as session:
        late, guest = make.enterprise(session), make.enterprise(session)
        lapsed = make.person(session, Role.MEMBER, enterprise=late)
        came = make.person(session, Role.MEMBER, enterprise=guest)
        sign(session, late, cast, days=-2)
        session.add(
            Agreement(
                enterprise_id=cast.other_enterprise.id,
                institution_id=cast.other_institution.id,
                signed_at=make.LONG_AGO,
                signed_by=None,
                valid_until=read_clock().date() + timedelta(days=9),
            )
        )
        gone = make.person(session, Role.MEMBER, enterprise=cast.enterprise)
        gone.is_active = False
        make.reservation(
            session,
            instrument=make.instrument(session, institution=cast.other_institution),
            holder=cast.carol,
            starts_at=make.LONG_AGO,
        )
        make.reservation(
            session,
            instrument=session.get_one(Instrument, desk.instrument.id),
            holder=came,
            starts_at=make.LONG_AGO,
        )

    people = (lapsed, cast.carol, gone, came)
    status, told = desk.send(
        *(desk.row(at(9 + n), at(10 + n), login=one.login) for n, one in enumerate(people))
    )

    assert status == 422
    assert [(one["code"], one["field"]) for one in told["problems"]] == [
        ("unknown_person", f"B{row}") for row in (2, 3, 4)
    ]


def test_template_holds_the_headings_and_only_managers_take_in(
    desk: Desk, signed_in_as: SignedInAs
) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(desk.mei.get(f"{PATH}.xlsx").content)).active
    assert sheet is not None
    assert list(sheet.iter_rows(values_only=True)) == [tuple(COLUMNS.values())]

    for person in (desk.cast.alice, desk.cast.bob, desk.cast.oscar):
        answer = signed_in_as(person).post(
            PATH,
            files={"file": ("it.xlsx", workbook())},
            headers={"Idempotency-Key": uuid4().hex},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
