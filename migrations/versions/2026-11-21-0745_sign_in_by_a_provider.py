"""Link accounts to an OpenID provider, and remember each browser's trip there and back."""

import sqlalchemy as sa
from alembic import op

from foundation.tenancy import protect

revision = "d009"
down_revision = "r001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "linked_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_linked_accounts_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_accounts")),
        sa.UniqueConstraint("id", "person_id", name=op.f("uq_linked_accounts_id_person_id")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_linked_accounts_issuer_subject")),
        sa.UniqueConstraint(
            "person_id", "issuer", name=op.f("uq_linked_accounts_person_id_issuer")
        ),
    )
    for statement in protect("linked_accounts", person="person_id", platform=False):
        op.execute(statement)
    op.create_table(
        "sign_in_trips",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("to_path", sa.String(), nullable=False),
        sa.Column("linking_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proven_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["linking_id"], ["sign_ins.id"], name=op.f("fk_sign_in_trips_linking_id")
        ),
        sa.ForeignKeyConstraint(
            ["proven_id"],
            ["linked_accounts.id"],
            name=op.f("fk_sign_in_trips_proven_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sign_in_trips")),
    )
    op.add_column("sign_ins", sa.Column("linked_account_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_sign_ins_linked_account_id",
        "sign_ins",
        ["linked_account_id"],
        postgresql_where=sa.text("linked_account_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_sign_ins_linked_account_id_person_id"),
        "sign_ins",
        "linked_accounts",
        ["linked_account_id", "person_id"],
        ["id", "person_id"],
        ondelete="SET NULL (linked_account_id)",
    )


def downgrade() -> None:
    op.drop_constraint(
        op.f("fk_sign_ins_linked_account_id_person_id"), "sign_ins", type_="foreignkey"
    )
    op.drop_index("ix_sign_ins_linked_account_id", table_name="sign_ins")
    op.drop_column("sign_ins", "linked_account_id")
    op.drop_table("sign_in_trips")
    op.drop_table("linked_accounts")
