"""Routes that give and take an institution's instrument cards as a workbook."""

from datetime import date
from typing import Annotated

from fastapi import Response, UploadFile
from pydantic import BaseModel

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.exports import WORKBOOK, attach
from api.identity import allow
from api.routing import Router
from booking.instruments.sheet_columns import COLUMNS
from booking.instruments.sheets import (
    SIZE_MAX,
    foresee,
    list_all,
    read_sheet,
    take_in,
    write_sheet,
)
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.privacy.grades import Export
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId

router = Router(tags=["instruments"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]
Staff = Annotated[Caller, allow(Role.INSTITUTION_MANAGER, Role.TECHNICIAN, Role.FINANCE)]


class ImportedView(BaseModel):
    added: int
    changed: int


@router.get(
    "/instrument-sheet.xlsx", response_class=Response, responses={200: {"content": {WORKBOOK: {}}}}
)
def export_instruments(caller: Manager, reading: ReadOnly) -> Response:
    """Give the full cards of the caller's institution's instruments."""
    if caller.institution_id is None:
        raise NotAllowed
    sheet = write_sheet(list_all(reading, caller.institution_id))
    return attach(Export.INSTRUMENTS, [one.heading for one in COLUMNS], sheet, "仪器.xlsx")


@router.post("/instrument-sheet")
def import_instruments(
    file: UploadFile, caller: Manager, now: Now, transaction: Transaction
) -> ImportedView:
    """Add and change instruments from a workbook as exported; all of it or nothing."""
    if caller.institution_id is None:
        raise NotAllowed
    imported = take_in(transaction, read_sheet(file.file.read(SIZE_MAX + 1)), by=caller, now=now)
    return ImportedView(added=imported.added, changed=imported.changed)


class ForeseenView(BaseModel):
    code: str
    name_zh: str
    is_new: bool
    changed: list[str]
    """The headings of what would be different; none: it stays as it is."""


class ForeseenList(BaseModel):
    items: list[ForeseenView]


@router.post("/instrument-sheet-preview")
def preview_instruments(file: UploadFile, caller: Manager, reading: ReadOnly) -> ForeseenList:
    """Say what each row of a workbook would do; nothing of it is taken in."""
    if caller.institution_id is None:
        raise NotAllowed
    cards = read_sheet(file.file.read(SIZE_MAX + 1))
    return ForeseenList(
        items=[
            ForeseenView(
                code=one.code, name_zh=one.name_zh, is_new=one.is_new, changed=list(one.changed)
            )
            for one in foresee(reading, cards, caller.institution_id)
        ]
    )


class OwnView(BaseModel):
    """An instrument of one's own, open to others or not."""

    id: InstrumentId
    code: str
    name_zh: str
    name_en: str
    model: str
    category: str
    location: str
    is_shared: bool
    condition: str
    calibrated_until: date | None


class OwnList(BaseModel):
    items: list[OwnView]


@router.get("/own-instruments")
def list_own(caller: Staff, reading: ReadOnly) -> OwnList:
    """List all instruments of one's institution, also those that are not open to others."""
    if caller.institution_id is None:
        raise NotAllowed
    found = list_all(reading, caller.institution_id)
    return OwnList(items=[OwnView.model_validate(one, from_attributes=True) for one in found])
