"""Plan what a person has of an instrument for the span that is asked about, each time.

Commands keep one plan for whatever is asked; of a span that it does not know, that plan looks
through all an instrument ever had.
"""

from alembic import op

revision = "r004"
down_revision = "r003"
branch_labels = None
depends_on = None

BOOKED_OF = "booked_of(uuid, uuid, uuid, tstzrange, text[])"


def upgrade() -> None:
    op.execute(f"ALTER FUNCTION {BOOKED_OF} SET plan_cache_mode = 'force_custom_plan'")


def downgrade() -> None:
    op.execute(f"ALTER FUNCTION {BOOKED_OF} RESET plan_cache_mode")
