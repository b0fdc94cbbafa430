"""Tariffs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import InstitutionId, InstrumentId, PersonId, TariffId, new_id


class Tariff(Base):
    """The price of an instrument's time over a span of dates; superseded, never edited."""

    __tablename__ = "tariffs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["instrument_id", "institution_id"], ["instruments.id", "instruments.institution_id"]
        ),
        UniqueConstraint("instrument_id", "version"),
        ExcludeConstraint(
            ("instrument_id", "="), ("valid", "&&"), using="gist", name="ex_tariffs_one_at_a_time"
        ),
        CheckConstraint("per_hour_fen >= 0 AND minimum_fen >= 0", name="amounts"),
        CheckConstraint("billed_step_s > 0 AND billed_min_s >= 0", name="steps"),
        CheckConstraint("NOT isempty(valid) AND lower_inc(valid)", name="valid"),
    )

    id: Mapped[TariffId] = mapped_column(primary_key=True, default=new_id)
    instrument_id: Mapped[InstrumentId]
    institution_id: Mapped[InstitutionId]
    version: Mapped[int]
    valid: Mapped[Range[datetime]]
    currency: Mapped[str] = mapped_column(default="CNY")
    per_hour_fen: Mapped[int]
    billed_min_s: Mapped[int]
    billed_step_s: Mapped[int]
    minimum_fen: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[PersonId | None]
    created_at: Mapped[datetime]
