"""Routes for the labels on instruments: making them, and finding what they are on."""

from typing import Annotated

from fastapi import Path, Request, Response
from pydantic import BaseModel

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.feeds import origin_of
from api.identity import Anyone, allow
from api.routing import Router
from booking.instruments.tables import Instrument
from booking.labels.rules import draw_png, draw_svg
from booking.labels.service import code_of, find_instrument_id, issue
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId

router = Router(tags=["labels"])

STAFF = allow(Role.TECHNICIAN, Role.INSTITUTION_MANAGER)


class LabelView(BaseModel):
    """A label's code, and the address that its QR code opens."""

    code: str
    url: str
    instrument_id: InstrumentId


def address_of(request: Request, code: str) -> str:
    return f"{origin_of(request)}/i/{code}"


@router.post("/instruments/{instrument_id}/label", status_code=201)
def issue_label(
    instrument_id: InstrumentId,
    request: Request,
    caller: Annotated[Caller, STAFF],
    now: Now,
    transaction: Transaction,
) -> LabelView:
    """Replace the instrument's label: the code it had opens nothing any more."""
    code = issue(transaction, instrument_id, by=caller, now=now)
    return LabelView(code=code, url=address_of(request, code), instrument_id=instrument_id)


@router.get(
    "/instruments/{instrument_id}/label.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}},
)
def draw_label(
    instrument_id: InstrumentId,
    request: Request,
    caller: Annotated[Caller, STAFF],
    now: Now,
    transaction: Transaction,
) -> Response:
    """Draw the label to print: QR code, name and number."""
    code = code_of(transaction, instrument_id, by=caller, now=now)
    instrument = transaction.get_one(Instrument, instrument_id)
    drawn = draw_svg(
        address_of(request, code),
        title=instrument.name_zh,
        code=f"{instrument.code} · {code}",
    )
    return Response(drawn, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@router.get(
    "/instruments/{instrument_id}/label.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
def draw_code(
    instrument_id: InstrumentId,
    request: Request,
    caller: Annotated[Caller, STAFF],
    now: Now,
    transaction: Transaction,
) -> Response:
    """Draw the bare QR code, for label printers."""
    code = code_of(transaction, instrument_id, by=caller, now=now)
    return Response(
        draw_png(address_of(request, code)),
        media_type="image/png",
        headers={"Cache-Control": "no-store"},
    )


@router.get("/labels/{code}")
def read_label(
    code: Annotated[str, Path(max_length=20)], request: Request, _caller: Anyone, reading: ReadOnly
) -> LabelView:
    """Say which instrument a label is on, to whoever scanned it."""
    return LabelView(
        code=code.upper(),
        url=address_of(request, code.upper()),
        instrument_id=find_instrument_id(reading, code),
    )
