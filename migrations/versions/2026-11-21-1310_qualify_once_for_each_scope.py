"""Let a person hold one qualification for each scope, and keep why one was revoked."""

import sqlalchemy as sa
from alembic import op

revision = "q001"
down_revision = "p001"
branch_labels = None
depends_on = None

# Of several for the same scope the one that held longest counted; it is the one that stays.
SETTLE = """
UPDATE qualifications q SET revoked_at = now() FROM (
    SELECT id, row_number() OVER (
        PARTITION BY person_id, institution_id, instrument_id, group_code
        ORDER BY valid_until DESC, id
    ) AS place FROM qualifications WHERE revoked_at IS NULL
) AS one WHERE one.id = q.id AND one.place > 1
"""
# Of one that named both, the narrower stays. One that named neither opened nothing until now,
# and is not to open everything of a sudden.
NAMED_BOTH = """
UPDATE qualifications SET group_code = NULL
WHERE group_code IS NOT NULL AND instrument_id IS NOT NULL
"""
NAMED_NEITHER = """
UPDATE qualifications SET revoked_at = now()
WHERE group_code IS NULL AND instrument_id IS NULL AND revoked_at IS NULL
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column("qualifications", sa.Column("revoked_for", sa.String()))
    for statement in (NAMED_BOTH, NAMED_NEITHER, SETTLE):
        op.execute(statement)
    op.create_check_constraint(
        op.f("ck_qualifications_one_scope"),
        "qualifications",
        "group_code IS NULL OR instrument_id IS NULL",
    )
    op.create_index(
        "uq_qualifications_standing",
        "qualifications",
        ["person_id", "institution_id", "instrument_id", "group_code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where="revoked_at IS NULL",
    )


def downgrade() -> None:
    op.drop_index("uq_qualifications_standing", table_name="qualifications")
    op.drop_constraint(op.f("ck_qualifications_one_scope"), "qualifications", type_="check")
    op.drop_column("qualifications", "revoked_for")
