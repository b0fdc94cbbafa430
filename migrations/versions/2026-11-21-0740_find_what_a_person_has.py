"""Find what a person has of an instrument by when it ends, not by all they ever reserved."""

import sqlalchemy as sa
from alembic import op

revision = "r001"
down_revision = "d008"
branch_labels = None
depends_on = None

HOLDING = "'approved', 'checked_in', 'held', 'in_use', 'reserved', 'retimed', 'submitted'"

# The walls between tenants keep the index from being asked: what they do not trust is looked at
# after them, row by row. The owner asks instead, and says no more than the caller may see.
BOOKED_OF = """
CREATE FUNCTION booked_of(machine uuid, asker uuid, payer uuid, span tstzrange, counted text[])
RETURNS TABLE (id uuid, starts_at timestamptz, ends_at timestamptz, holder_id uuid, state text,
    expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.id, lower(r.during), upper(r.during), r.holder_id, r.state, r.expires_at
    FROM reservations r
    WHERE r.instrument_id = machine AND upper(r.during) > lower(span)
    AND lower(r.during) < upper(span) AND r.state = ANY (counted)
    AND (r.holder_id = asker OR r.enterprise_id = payer)
    UNION
    SELECT r.id, lower(r.during), upper(r.during), r.holder_id, r.state, r.expires_at
    FROM reservations r
    WHERE r.instrument_id = machine AND r.holder_id = asker AND r.state IN ({holding})
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = 0")
    op.create_index(
        "ix_reservations_instrument_end",
        "reservations",
        ["instrument_id", sa.text("upper(during)")],
    )
    op.execute(BOOKED_OF.format(holding=HOLDING))


def downgrade() -> None:
    op.execute("DROP FUNCTION booked_of(uuid, uuid, uuid, tstzrange, text[])")
    op.drop_index("ix_reservations_instrument_end", "reservations")
