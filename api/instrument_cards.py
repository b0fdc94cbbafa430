"""The full card of an instrument: how it looks, how it is changed, and its photographs."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Form, Response, UploadFile
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone, allow
from api.instrument_views import InstrumentView
from api.routing import Router
from booking.instruments.cards import FullCard, Named, Pictured, change_card
from booking.instruments.photos import (
    PHOTO_BYTES_MAX,
    add_photo,
    find_photo,
    order_photos,
    remove_photo,
)
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId

router = Router(prefix="/instruments/{instrument_id}", tags=["instruments"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]
Text = Annotated[str, Field(max_length=2000)]
Line = Annotated[str, Field(max_length=200)]
FEN_MAX = 10**15


class RelatedView(BaseModel):
    id: InstrumentId
    code: str
    name_zh: str
    name_en: str

    @classmethod
    def of(cls, one: Named) -> Self:
        return cls(id=one.id, code=one.code, name_zh=one.name_zh, name_en=one.name_en)


class PhotoView(BaseModel):
    id: UUID
    url: str
    caption_zh: str
    caption_en: str

    @classmethod
    def of(cls, instrument_id: InstrumentId, photo: Pictured) -> Self:
        return cls(
            id=photo.id,
            url=f"/api/v1/instruments/{instrument_id}/photos/{photo.id}",
            caption_zh=photo.caption_zh,
            caption_en=photo.caption_en,
        )


class ContactView(BaseModel):
    name: str | None
    phone: str | None
    email: str | None


class FullInstrumentView(InstrumentView):
    """All that an openly shared instrument makes known of itself."""

    specification: str | None
    indicators: str | None
    """Technical figures, in the lab's words."""
    discipline: str | None
    standards: list[str]
    """Standards it is able to work by."""
    customs_supervision: str | None
    value_fen: int | None
    commissioned_on: date | None
    calibrated_until: date | None
    is_metrological: bool
    """False: it only prepares samples, and may be had with a lapsed calibration, by waiver."""
    region: str | None
    service_content: str | None
    charging_standard: str | None
    open_rules: str | None
    contact: ContactView
    is_shared: bool
    group_code: str | None
    accessory_of: RelatedView | None
    accessories: list[RelatedView]
    group: list[RelatedView]
    photos: list[PhotoView]

    @classmethod
    def of(cls, view: InstrumentView, card: FullCard) -> Self:
        one = card.instrument
        details = one.details
        return cls(
            **dict(view),
            specification=details.get("specification"),
            indicators=details.get("indicators"),
            discipline=details.get("discipline"),
            standards=[str(standard) for standard in details.get("standards") or []],
            customs_supervision=details.get("customs_supervision"),
            value_fen=one.value_fen,
            commissioned_on=one.commissioned_on,
            calibrated_until=one.calibrated_until,
            is_metrological=one.is_metrological,
            region=one.region,
            service_content=details.get("service_content"),
            charging_standard=details.get("charging_standard"),
            open_rules=details.get("open_rules"),
            contact=ContactView(
                name=details.get("contact"),
                phone=details.get("phone"),
                email=details.get("email"),
            ),
            is_shared=one.is_shared,
            group_code=one.group_code,
            accessory_of=RelatedView.of(card.accessory_of) if card.accessory_of else None,
            accessories=[RelatedView.of(other) for other in card.accessories],
            group=[RelatedView.of(other) for other in card.group],
            photos=[PhotoView.of(one.id, photo) for photo in card.photos],
        )


class CardBody(Body):
    """What is named is written anew; what is not stays as it was."""

    name_zh: Line = ""
    name_en: Line = ""
    model: Line = ""
    maker: Line = ""
    category: Line = ""
    is_shared: bool = True
    set_up_s: Annotated[int, Field(ge=0, le=86_400)] = 0
    """Time before each use that nobody else may have."""
    cool_down_s: Annotated[int, Field(ge=0, le=86_400)] = 0
    location: Line = ""
    description_zh: Text = ""
    description_en: Text = ""
    specification: Text | None = None
    indicators: Text | None = None
    discipline: Line | None = None
    standards: Annotated[list[Line], Field(max_length=100)] = []  # noqa: RUF012 - a model's
    customs_supervision: Line | None = None
    value_fen: Annotated[int, Field(ge=0, le=FEN_MAX)] | None = None
    commissioned_on: date | None = None
    calibrated_until: date | None = None
    is_metrological: bool = True
    limited_to_zh: Line = ""
    limited_to_en: Line = ""
    region: Annotated[str, Field(pattern="^[0-9]{2,6}$")] | None = None
    service_content: Text | None = None
    charging_standard: Text | None = None
    open_rules: Text | None = None
    contact: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    modes: Annotated[
        list[Literal["self_operated", "assisted", "entrusted"]], Field(min_length=1, max_length=3)
    ] = ["self_operated"]  # noqa: RUF012 - a model's
    group_code: Annotated[str, Field(max_length=40)] | None = None
    accessory_of: InstrumentId | None = None


@router.put("/card", status_code=204)
def put_card(
    instrument_id: InstrumentId, body: CardBody, caller: Manager, now: Now, transaction: Transaction
) -> None:
    """Change what stands on an instrument's card."""
    changes = body.model_dump(exclude_unset=True)
    change_card(transaction, instrument_id, changes, by=caller, now=now)


class PhotoMade(BaseModel):
    id: UUID
    url: str


@router.post("/photos", status_code=201)
def create_photo(
    *,
    instrument_id: InstrumentId,
    file: UploadFile,
    caption_zh: Annotated[str, Form(max_length=200)] = "",
    caption_en: Annotated[str, Form(max_length=200)] = "",
    caller: Manager,
    now: Now,
    transaction: Transaction,
) -> PhotoMade:
    """Put a photograph on the card: PNG or JPEG, at most 2 MB, at most eight."""
    photo = add_photo(
        transaction,
        instrument_id,
        file.filename or "",
        file.file.read(PHOTO_BYTES_MAX + 1),
        caption_zh=caption_zh,
        caption_en=caption_en,
        by=caller,
        now=now,
    )
    return PhotoMade(id=photo.id, url=f"/api/v1/instruments/{instrument_id}/photos/{photo.id}")


@router.get(
    "/photos/{photo_id}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "image/jpeg": {}}}},
)
def read_photo(
    instrument_id: InstrumentId, photo_id: UUID, _caller: Anyone, reading: ReadOnly
) -> Response:
    """Give a photograph; it never changes, so it may be kept."""
    photo = find_photo(reading, instrument_id, photo_id)
    return Response(
        photo.content,
        media_type=photo.media_type,
        headers={
            "Cache-Control": "public, max-age=86400, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


class OrderBody(Body):
    photo_ids: Annotated[list[UUID], Field(max_length=8)]


@router.put("/photo-order", status_code=204)
def put_photo_order(
    instrument_id: InstrumentId,
    body: OrderBody,
    caller: Manager,
    now: Now,
    transaction: Transaction,
) -> None:
    """Let the photographs stand in this order; the first is shown large."""
    order_photos(transaction, instrument_id, body.photo_ids, by=caller, now=now)


@router.delete("/photos/{photo_id}", status_code=204)
def delete_photo(
    instrument_id: InstrumentId,
    photo_id: UUID,
    caller: Manager,
    now: Now,
    transaction: Transaction,
) -> None:
    """Take a photograph off the card."""
    remove_photo(transaction, instrument_id, photo_id, by=caller, now=now)
