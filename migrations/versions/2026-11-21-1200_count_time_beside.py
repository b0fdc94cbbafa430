"""Count time on other instruments towards a quota; say what a restricted instrument may do."""

import sqlalchemy as sa
from alembic import op

revision = "r005"
down_revision = "l002"
branch_labels = None
depends_on = None

LIMITS = ("limited_to_zh", "limited_to_en")

# Asked of the owner, and planned for each span, for the reasons that booked_of() is. No slot is
# longer than 366 days, so what began before is over: an index by the beginning is enough.
BOOKED_BESIDE = """
CREATE FUNCTION booked_beside(machine uuid, asker uuid, payer uuid, span tstzrange, counted text[])
RETURNS TABLE (id uuid, starts_at timestamptz, ends_at timestamptz, holder_id uuid, state text,
    expires_at timestamptz, is_of_group boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = 'force_custom_plan' AS $$
    SELECT r.id, lower(r.during), upper(r.during), r.holder_id, r.state, r.expires_at,
        coalesce(other.group_code = this.group_code, false)
    FROM instruments this
    JOIN reservations r ON r.institution_id = this.institution_id
    JOIN instruments other ON other.id = r.instrument_id
    WHERE this.id = machine AND r.instrument_id <> machine AND r.state = ANY (counted)
    AND lower(r.during) > lower(span) - interval '366 days' AND lower(r.during) < upper(span)
    AND upper(r.during) > lower(span) AND (r.holder_id = asker OR r.enterprise_id = payer)
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for name in LIMITS:
        op.add_column(
            "instruments", sa.Column(name, sa.String(), server_default="", nullable=False)
        )
    op.execute(BOOKED_BESIDE)


def downgrade() -> None:
    op.execute("DROP FUNCTION booked_beside(uuid, uuid, uuid, tstzrange, text[])")
    for name in reversed(LIMITS):
        op.drop_column("instruments", name)
