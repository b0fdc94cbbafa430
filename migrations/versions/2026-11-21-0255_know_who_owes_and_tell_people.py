"""Know who owes, freeze surcharges with the slot, keep photographs, and tell people things."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from foundation.tenancy import protect, unprotect

revision = "b002"
down_revision = "d007"
branch_labels = None
depends_on = None

# Whoever reserves for a colleague sees neither their bans nor what another enterprise owes:
# the database looks for them, and says no more than what keeps the slot from them.
STANDING_OF = """
CREATE FUNCTION standing_of(asker uuid, payer uuid, lab uuid, at timestamptz)
RETURNS TABLE (is_active boolean, banned_until timestamptz, owes_since date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM people p WHERE p.id = asker AND p.is_active),
        (SELECT max(b.ends_at) FROM penalties b WHERE b.person_id = asker
            AND b.institution_id = lab AND b.state = 'active'
            AND b.starts_at <= at AND b.ends_at > at),
        (SELECT min(a.due_on) FROM arrears a WHERE a.enterprise_id = payer
            AND a.institution_id = lab AND a.settled_at IS NULL)
$$
"""

PROTECTED: dict[str, list[str]] = {
    "arrears": protect("arrears", enterprise="enterprise_id", institution="institution_id"),
    # Written by jobs, which see everybody; read by whom it is for.
    "booking_notices": protect("booking_notices", person="person_id", platform=False),
}
NEWS = "'approved', 'rejected', 'retimed', 'no_show', 'cancelled', 'expired', 'interrupted'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "arrears",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("noted_by", sa.Uuid(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_arrears_amount")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_arrears_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_arrears_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrears")),
    )
    op.create_index(
        "ix_arrears_open",
        "arrears",
        ["enterprise_id", "institution_id"],
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "booking_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("text_zh", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_booking_notices_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.id"],
            name=op.f("fk_booking_notices_reservation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_notices")),
        sa.UniqueConstraint("occasion", "person_id", name=op.f("uq_booking_notices_occasion")),
    )
    op.create_index("ix_booking_notices_person", "booking_notices", ["person_id", "created_at"])
    op.create_index(
        "ix_booking_notices_unposted",
        "booking_notices",
        ["created_at"],
        postgresql_where=sa.text("posted_at IS NULL"),
    )
    op.create_index(
        "ix_reservation_transitions_news",
        "reservation_transitions",
        ["at"],
        postgresql_where=sa.text(f"to_state IN ({NEWS})"),
    )
    op.create_table(
        "instrument_photos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("caption_zh", sa.String(), nullable=False),
        sa.Column("caption_en", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_instrument_photos_instrument_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_photos")),
    )
    op.create_index("ix_instrument_photos_instrument_id", "instrument_photos", ["instrument_id"])
    op.add_column(
        "special_days",
        sa.Column("surcharge_permille", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_check_constraint("surcharge", "special_days", "surcharge_permille >= 0")
    op.add_column(
        "reservations",
        sa.Column(
            "surcharges",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )
    for statements in PROTECTED.values():
        for statement in statements:
            op.execute(statement)
    op.execute(STANDING_OF)


def downgrade() -> None:
    op.execute("DROP FUNCTION standing_of(uuid, uuid, uuid, timestamptz)")
    for table in PROTECTED:
        for statement in unprotect(table):
            op.execute(statement)
    op.drop_column("reservations", "surcharges")
    op.drop_constraint("ck_special_days_surcharge", "special_days")
    op.drop_column("special_days", "surcharge_permille")
    op.drop_table("instrument_photos")
    op.drop_index("ix_reservation_transitions_news", "reservation_transitions")
    op.drop_table("booking_notices")
    op.drop_table("arrears")
