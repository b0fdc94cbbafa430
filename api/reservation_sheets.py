"""Routes that take in reservations from a workbook, such as those of an older system."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from fastapi import Response, UploadFile
from pydantic import BaseModel

from api.clock import Now
from api.database import Transaction
from api.exports import WORKBOOK, attach
from api.idempotency import Once
from api.instrument_sheets import Manager
from api.instrument_views import FaultView
from api.routing import Router
from billing.holds.service import set_aside_if_credit_allows
from booking.instruments.errors import SheetRefused
from booking.instruments.sheets import SIZE_MAX
from booking.reservations.importing import Outcome, import_rows
from booking.reservations.sheets import COLUMNS, read_rows, write_template
from directory.people.errors import NotAllowed
from directory.privacy.grades import Export
from foundation.identifiers import ReservationId

router = Router(tags=["reservations"])


class SheetBody(BaseModel):
    """What an idempotency key stands for: a file, by its hash."""

    sha256: str


class ReservedRowView(BaseModel):
    """What became of a row, or would."""

    row: int
    instrument_code: str | None
    login: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    state: str | None
    """Of its reservation; none where something speaks against it."""
    reservation_id: ReservationId | None
    problems: list[FaultView]


class ReservedRowList(BaseModel):
    items: list[ReservedRowView]


def see_outcomes(outcomes: Sequence[Outcome], *, is_trial: bool) -> ReservedRowList:
    return ReservedRowList(
        items=[
            ReservedRowView(
                row=one.row.number,
                instrument_code=one.row.code,
                login=one.row.login,
                starts_at=one.slot.starts_at if one.slot else None,
                ends_at=one.slot.ends_at if one.slot else None,
                state=one.reservation.state if one.reservation and not one.problems else None,
                reservation_id=one.reservation.id if one.reservation and not is_trial else None,
                problems=[FaultView.of(problem) for problem in one.problems],
            )
            for one in outcomes
        ]
    )


@router.get(
    "/reservation-sheet.xlsx", response_class=Response, responses={200: {"content": {WORKBOOK: {}}}}
)
def read_reservation_template(caller: Manager) -> Response:
    """Give an empty workbook with the columns that an import reads."""
    if caller.institution_id is None:
        raise NotAllowed
    template = write_template(ZoneInfo("UTC"))
    return attach(Export.RESERVATION_TEMPLATE, COLUMNS.values(), template, "预约导入.xlsx")


@router.post("/reservation-sheet", status_code=201)
def import_reservations(
    file: UploadFile, caller: Manager, now: Now, transaction: Transaction, once: Once
) -> ReservedRowList:
    """Reserve every row of a workbook for its person, as they would; all of them or none."""
    if caller.institution_id is None:
        raise NotAllowed
    content = file.file.read(SIZE_MAX + 1)

    def take_in() -> ReservedRowList:
        outcomes = import_rows(transaction, read_rows(content), by=caller, now=now)
        if problems := [problem for one in outcomes for problem in one.problems]:
            raise SheetRefused(problems)
        for one in outcomes:
            if one.reservation:
                set_aside_if_credit_allows(transaction, one.reservation, now=now)
        return see_outcomes(outcomes, is_trial=False)

    body = SheetBody(sha256=sha256(content).hexdigest())
    return once.answer(transaction, body, ReservedRowList, take_in)


@router.post("/reservation-sheet-preview")
def preview_reservations(
    file: UploadFile, caller: Manager, now: Now, transaction: Transaction
) -> ReservedRowList:
    """Say what each row of a workbook would do; all of it is tried, and nothing stays."""
    if caller.institution_id is None:
        raise NotAllowed
    rows = read_rows(file.file.read(SIZE_MAX + 1))
    with transaction.begin_nested() as trial:
        outcomes = import_rows(transaction, rows, by=caller, now=now)
        for one in outcomes:
            if one.reservation:
                set_aside_if_credit_allows(transaction, one.reservation, now=now)
        seen = see_outcomes(outcomes, is_trial=True)
        trial.rollback()
    return seen
