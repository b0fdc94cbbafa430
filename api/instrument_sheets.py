"""Routes that give and take an institution's instrument cards as a workbook."""

from typing import Annotated

from fastapi import Response, UploadFile
from pydantic import BaseModel

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.exports import WORKBOOK, attach
from api.identity import allow
from api.routing import Router
from booking.instruments.sheet_columns import COLUMNS
from booking.instruments.sheets import SIZE_MAX, list_all, read_sheet, take_in, write_sheet
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.privacy.grades import Export
from directory.roles.rules import Role

router = Router(tags=["instruments"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]


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
