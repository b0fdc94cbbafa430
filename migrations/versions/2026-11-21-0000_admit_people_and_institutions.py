"""Registrations, entry of institutions, stations, experts, files, and what is sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "d004"
down_revision = "d003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_unique_constraint(
        op.f("uq_people_id_institution_id"), "people", ["id", "institution_id"]
    )
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
    )
    op.create_index(
        "ix_confirmations_address", "confirmations", ["address_index", "created_at"], unique=False
    )
    op.create_table(
        "experts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("employer", sa.String(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "left_on IS NULL OR left_on >= entered_on", name=op.f("ck_experts_span")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experts")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(
        "ix_messages_waiting",
        "messages",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND given_up_at IS NULL"),
    )
    op.create_table(
        "stations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("has_window", sa.Boolean(), nullable=False),
        sa.Column("notice_posted", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "has_window OR notice_posted", name=op.f("ck_stations_window_or_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("name", name=op.f("uq_stations_name")),
    )
    op.create_table(
        "enterprise_names",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_enterprise_names_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_names")),
    )
    op.create_index(
        op.f("ix_enterprise_names_enterprise_id"),
        "enterprise_names",
        ["enterprise_id"],
        unique=False,
    )
    op.create_table(
        "entrustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("scope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_entrustments_span")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_entrustments_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["given_by"], ["people.id"], name=op.f("fk_entrustments_given_by")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_entrustments_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrustments")),
    )
    op.create_index(
        op.f("ix_entrustments_enterprise_id"), "entrustments", ["enterprise_id"], unique=False
    )
    op.create_index(
        "ix_entrustments_station_id", "entrustments", ["station_id", "valid_to"], unique=False
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("store_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_files_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_files_institution_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_files_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("store_key", name=op.f("uq_files_store_key")),
    )
    op.create_index(op.f("ix_files_owner_id"), "files", ["owner_id"], unique=False)
    op.create_table(
        "institution_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("check", sa.String(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_institution_checks_by_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institutions.id"],
            name=op.f("fk_institution_checks_institution_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_checks")),
    )
    op.create_index(
        op.f("ix_institution_checks_institution_id"),
        "institution_checks",
        ["institution_id"],
        unique=False,
    )
    op.create_table(
        "person_identities",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("real_name", sa.LargeBinary(), nullable=False),
        sa.Column("identity_number", sa.LargeBinary(), nullable=False),
        sa.Column("identity_index", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_person_identities_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["people.id"], name=op.f("fk_person_identities_verified_by")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_identities")),
    )
    op.create_index(
        op.f("ix_person_identities_email_index"), "person_identities", ["email_index"], unique=False
    )
    op.create_index(
        op.f("ix_person_identities_identity_index"),
        "person_identities",
        ["identity_index"],
        unique=False,
    )
    op.create_index(
        op.f("ix_person_identities_phone_index"), "person_identities", ["phone_index"], unique=False
    )
    op.create_table(
        "posts",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("trained_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("trained_on <= starts_on", name=op.f("ck_posts_trained_before")),
        sa.ForeignKeyConstraint(
            ["person_id", "institution_id"],
            ["people.id", "people.institution_id"],
            name=op.f("fk_posts_person_id_institution_id"),
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_posts")),
    )
    op.create_index(op.f("ix_posts_institution_id"), "posts", ["institution_id"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("first_handler_id", sa.Uuid(), nullable=True),
        sa.Column("remarks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('ordinary', 'enterprise', 'institution')", name=op.f("ck_registrations_kind")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_registrations_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_registrations_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_handler_id"], ["people.id"], name=op.f("fk_registrations_first_handler_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_registrations_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_registrations_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
    )
    op.create_index("ix_registrations_person_id", "registrations", ["person_id"], unique=False)
    op.create_index(
        "ix_registrations_waiting",
        "registrations",
        ["submitted_at"],
        unique=False,
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.create_table(
        "institution_qualifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("scope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "valid_from <= valid_to", name=op.f("ck_institution_qualifications_span")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_institution_qualifications_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institutions.id"],
            name=op.f("fk_institution_qualifications_institution_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_qualifications")),
        sa.UniqueConstraint(
            "institution_id",
            "kind",
            "number",
            "valid_from",
            name=op.f("uq_institution_qualifications_institution_id_kind_number_valid_from"),
        ),
    )
    op.create_table(
        "name_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("former_name", sa.String(), nullable=False),
        sa.Column("new_name", sa.String(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("licence_file_id", sa.Uuid(), nullable=False),
        sa.Column("other_file_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_name_changes_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_name_changes_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["licence_file_id"], ["files.id"], name=op.f("fk_name_changes_licence_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_file_id"], ["files.id"], name=op.f("fk_name_changes_other_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["people.id"], name=op.f("fk_name_changes_submitted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_changes")),
    )
    op.create_index(
        op.f("ix_name_changes_enterprise_id"), "name_changes", ["enterprise_id"], unique=False
    )
    op.create_table(
        "registration_papers",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.String(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("lacking_because", sa.String(), nullable=True),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(file_id IS NULL) <> (lacking_because IS NULL)",
            name=op.f("ck_registration_papers_file_or_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_registration_papers_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_registration_papers_registration_id"),
        ),
        sa.PrimaryKeyConstraint("registration_id", "paper", name=op.f("pk_registration_papers")),
    )
    op.add_column(
        "enterprises", sa.Column("kind", sa.String(), server_default="firm", nullable=False)
    )
    op.add_column("enterprises", sa.Column("credit_code", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_enterprises_credit_code"), "enterprises", ["credit_code"])
    op.add_column(
        "institutions", sa.Column("state", sa.String(), server_default="active", nullable=False)
    )
    op.add_column(
        "institutions", sa.Column("state_reason", sa.String(), server_default="", nullable=False)
    )
    op.add_column("institutions", sa.Column("credit_code", sa.String(), nullable=True))
    op.add_column(
        "institutions", sa.Column("presence", sa.String(), server_default="online", nullable=False)
    )
    op.add_column("institutions", sa.Column("agreement_signed_on", sa.Date(), nullable=True))
    op.add_column("institutions", sa.Column("agreement_version", sa.String(), nullable=True))
    op.add_column("institutions", sa.Column("agreement_signed_by", sa.Uuid(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_institutions_credit_code"), "institutions", ["credit_code"]
    )
    op.add_column("people", sa.Column("station_id", sa.Uuid(), nullable=True))
    op.create_unique_constraint(op.f("uq_people_id_station_id"), "people", ["id", "station_id"])
    op.create_foreign_key(
        op.f("fk_people_station_id"), "people", "stations", ["station_id"], ["id"]
    )
    op.drop_constraint(op.f("ck_people_one_tenant"), "people", type_="check")
    op.create_check_constraint(
        op.f("ck_people_one_tenant"),
        "people",
        "num_nonnulls(enterprise_id, institution_id, station_id) <= 1",
    )
    op.create_check_constraint(
        op.f("ck_institutions_state"),
        "institutions",
        "state IN ('applying', 'active', 'suspended', 'exited')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_institutions_state"), "institutions", type_="check")
    op.drop_constraint(op.f("ck_people_one_tenant"), "people", type_="check")
    op.create_check_constraint(
        op.f("ck_people_one_tenant"),
        "people",
        "enterprise_id IS NULL OR institution_id IS NULL",
    )

    op.drop_constraint(op.f("fk_people_station_id"), "people", type_="foreignkey")
    op.drop_constraint(op.f("uq_people_id_station_id"), "people", type_="unique")
    op.drop_column("people", "station_id")
    op.drop_constraint(op.f("uq_institutions_credit_code"), "institutions", type_="unique")
    op.drop_column("institutions", "agreement_signed_by")
    op.drop_column("institutions", "agreement_version")
    op.drop_column("institutions", "agreement_signed_on")
    op.drop_column("institutions", "presence")
    op.drop_column("institutions", "credit_code")
    op.drop_column("institutions", "state_reason")
    op.drop_column("institutions", "state")
    op.drop_constraint(op.f("uq_enterprises_credit_code"), "enterprises", type_="unique")
    op.drop_column("enterprises", "credit_code")
    op.drop_column("enterprises", "kind")
    op.drop_table("registration_papers")
    op.drop_index(op.f("ix_name_changes_enterprise_id"), table_name="name_changes")
    op.drop_table("name_changes")
    op.drop_table("institution_qualifications")
    op.drop_index(
        "ix_registrations_waiting",
        table_name="registrations",
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.drop_index("ix_registrations_person_id", table_name="registrations")
    op.drop_table("registrations")
    op.drop_index(op.f("ix_posts_institution_id"), table_name="posts")
    op.drop_table("posts")
    op.drop_index(op.f("ix_person_identities_phone_index"), table_name="person_identities")
    op.drop_index(op.f("ix_person_identities_identity_index"), table_name="person_identities")
    op.drop_index(op.f("ix_person_identities_email_index"), table_name="person_identities")
    op.drop_table("person_identities")
    op.drop_index(op.f("ix_institution_checks_institution_id"), table_name="institution_checks")
    op.drop_table("institution_checks")
    op.drop_index(op.f("ix_files_owner_id"), table_name="files")
    op.drop_table("files")
    op.drop_index("ix_entrustments_station_id", table_name="entrustments")
    op.drop_index(op.f("ix_entrustments_enterprise_id"), table_name="entrustments")
    op.drop_table("entrustments")
    op.drop_index(op.f("ix_enterprise_names_enterprise_id"), table_name="enterprise_names")
    op.drop_table("enterprise_names")
    op.drop_table("stations")
    op.drop_index(
        "ix_messages_waiting",
        table_name="messages",
        postgresql_where=sa.text("sent_at IS NULL AND given_up_at IS NULL"),
    )
    op.drop_table("messages")
    op.drop_table("experts")
    op.drop_index("ix_confirmations_address", table_name="confirmations")
    op.drop_table("confirmations")
    op.drop_constraint(op.f("uq_people_id_institution_id"), "people", type_="unique")
