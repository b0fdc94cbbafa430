"""Instruments and the devices that watch and switch them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import DeviceId, InstitutionId, InstrumentId, new_id


class Instrument(Base):
    """One physical, bookable machine, one identity for life."""

    __tablename__ = "instruments"
    __table_args__ = (
        UniqueConstraint("id", "institution_id"),
        UniqueConstraint("institution_id", "code"),
        CheckConstraint("set_up_s >= 0 AND cool_down_s >= 0", name="buffers"),
        CheckConstraint("grid_s > 0 AND length_min_s > 0", name="grid"),
        CheckConstraint("length_max_s >= length_min_s", name="lengths"),
        CheckConstraint(
            "condition IN ('working', 'faulty', 'in_repair', 'scrapped')", name="condition"
        ),
        Index("ix_instruments_catalogue", "code", "id", postgresql_where="is_shared"),
        Index(
            "ix_instruments_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    id: Mapped[InstrumentId] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    model: Mapped[str]
    maker: Mapped[str]
    category: Mapped[str]
    location: Mapped[str]
    description_zh: Mapped[str]
    description_en: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    search_text: Mapped[str]
    """Lower-cased names, model, maker, code and category words, for trigram search."""
    is_shared: Mapped[bool] = mapped_column(default=True)
    condition: Mapped[str] = mapped_column(default="working")
    """working, faulty, in_repair or scrapped; only a working one is reserved or started."""
    modes: Mapped[list[Any]] = mapped_column(default=lambda: ["self_operated", "entrusted"])
    """How it is offered: self_operated, assisted, entrusted."""
    group_code: Mapped[str | None]
    """Instruments of one kind may share a policy."""
    region: Mapped[str | None]
    value_fen: Mapped[int | None]
    """What it cost; from half a million yuan on, capture must be automatic."""
    commissioned_on: Mapped[date | None]
    calibrated_until: Mapped[date | None]
    """The last day its calibration is valid; None where it measures nothing."""
    is_metrological: Mapped[bool] = mapped_column(default=True)
    """Whether what it yields counts as measured; not so where it only prepares samples."""
    limited_to_zh: Mapped[str] = mapped_column(default="", server_default="")
    """准用(黄): the only functions and ranges it may be used for, where those are not all."""
    limited_to_en: Mapped[str] = mapped_column(default="", server_default="")
    accessory_of: Mapped[InstrumentId | None] = mapped_column(ForeignKey("instruments.id"))
    """The instrument it is used with and reserved along with."""
    grid_s: Mapped[int] = mapped_column(default=900)
    length_min_s: Mapped[int] = mapped_column(default=900)
    length_max_s: Mapped[int] = mapped_column(default=8 * 3600)
    notice_min_s: Mapped[int] = mapped_column(default=0)
    horizon_s: Mapped[int] = mapped_column(default=90 * 86400)
    set_up_s: Mapped[int] = mapped_column(default=0)
    cool_down_s: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class InstrumentDevice(Base):
    """A device that belongs to an instrument; both are the same institution's."""

    __tablename__ = "instrument_devices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["instrument_id", "institution_id"], ["instruments.id", "instruments.institution_id"]
        ),
        ForeignKeyConstraint(
            ["device_id", "institution_id"], ["devices.id", "devices.institution_id"]
        ),
    )

    device_id: Mapped[DeviceId] = mapped_column(primary_key=True)
    instrument_id: Mapped[InstrumentId] = mapped_column(index=True)
    institution_id: Mapped[InstitutionId]
    is_meter: Mapped[bool] = mapped_column(default=True)
    has_interlock: Mapped[bool] = mapped_column(default=True)


class InstrumentPhoto(Base):
    """A photograph of an instrument, part of its public card."""

    __tablename__ = "instrument_photos"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    instrument_id: Mapped[InstrumentId] = mapped_column(ForeignKey("instruments.id"), index=True)
    caption_zh: Mapped[str]
    caption_en: Mapped[str]
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    """Read only when the picture itself is asked for."""
    added_at: Mapped[datetime]
    place: Mapped[int] = mapped_column(default=0)
    """Where it stands among the card's; the first is shown large."""
