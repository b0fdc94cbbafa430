"""Keep notices of any kind in one table, and end every way into an account with the account."""

import sqlalchemy as sa
from alembic import op

revision = "d008"
down_revision = "l001"
branch_labels = None
depends_on = None

# Whoever closes a colleague's account may see neither their sign-ins nor their tokens, so the
# database ends them; no way of closing an account can forget it.
END_ACCESS = """
CREATE FUNCTION end_access() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE sign_ins SET ended_at = now() WHERE person_id = NEW.id AND ended_at IS NULL;
    UPDATE access_tokens SET revoked_at = now() WHERE person_id = NEW.id AND revoked_at IS NULL;
    RETURN NULL;
END $$
"""
CLOSED = """
CREATE TRIGGER closed AFTER UPDATE OF is_active ON people FOR EACH ROW
WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION end_access()
"""
CONSTRAINTS = ("pk_{0}", "uq_{0}_occasion", "fk_{0}_person_id")
INDEXES = ("ix_{0}_person", "ix_{0}_unposted")


def rename(former: str, new: str) -> None:
    op.rename_table(former, new)
    for name in CONSTRAINTS:
        op.execute(
            f"ALTER TABLE {new} RENAME CONSTRAINT {name.format(former)} TO {name.format(new)}"
        )
    for name in INDEXES:
        op.execute(f"ALTER INDEX {name.format(former)} RENAME TO {name.format(new)}")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    rename("booking_notices", "notices")
    op.drop_constraint("fk_booking_notices_reservation_id", "notices")
    op.alter_column("notices", "reservation_id", new_column_name="subject_id")
    op.add_column("notices", sa.Column("subject_kind", sa.String()))
    op.execute("UPDATE notices SET subject_kind = 'reservation' WHERE subject_id IS NOT NULL")
    op.execute(END_ACCESS)
    op.execute(CLOSED)


def downgrade() -> None:
    op.execute("DROP TRIGGER closed ON people")
    op.execute("DROP FUNCTION end_access()")
    op.execute("DELETE FROM notices WHERE subject_kind <> 'reservation'")
    op.drop_column("notices", "subject_kind")
    op.alter_column("notices", "subject_id", new_column_name="reservation_id")
    rename("notices", "booking_notices")
    op.create_foreign_key(
        "fk_booking_notices_reservation_id",
        "booking_notices",
        "reservations",
        ["reservation_id"],
        ["id"],
    )
