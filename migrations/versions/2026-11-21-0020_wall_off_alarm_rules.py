"""Hide an institution's alarm rules, and whom it wants told, from the others."""

from alembic import op

from foundation.tenancy import protect, unprotect

revision = "d006"
down_revision = "t002"
branch_labels = None
depends_on = None


PROTECTED = {
    "alarm_rules": protect("alarm_rules", institution="institution_id"),
    "alarm_recipients": protect("alarm_recipients", institution="institution_id"),
    "alarm_watches": protect(
        "alarm_watches", parent="EXISTS (SELECT FROM alarm_rules r WHERE r.id = rule_id)"
    ),
    "alarm_notices": protect(
        "alarm_notices",
        parent="EXISTS (SELECT FROM alarm_recipients r WHERE r.id = recipient_id)",
    ),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for statements in PROTECTED.values():
        for statement in statements:
            op.execute(statement)


def downgrade() -> None:
    for table in PROTECTED:
        for statement in unprotect(table):
            op.execute(statement)
