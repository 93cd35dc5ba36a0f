"""Keep people, their logins, visits and the reservations that guard them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "patient", "account", "account_patient", "account_location", "login_session", "appointment",
    "link_token", "idempotency", "hold", "block", "reservation",
)  # fmt: skip


def create_patient() -> None:
    op.create_table(
        "patient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("name_key", sa.String(length=260), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("phone_key", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("contact_note_sealed", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("public_id", name=op.f("uq_patient_public_id")),
    )
    op.create_index("ix_patient_born_on", "patient", ["born_on"], unique=False)
    op.create_index("ix_patient_email", "patient", ["email"], unique=False)
    op.create_index(op.f("ix_patient_name_key"), "patient", ["name_key"], unique=False)
    op.create_index(op.f("ix_patient_phone_key"), "patient", ["phone_key"], unique=False)


def create_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "patient",
                "scheduler",
                "specialist",
                "nurse",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=240), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_account_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_account_email_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_account_public_id")),
    )


def create_account_patient() -> None:
    op.create_table(
        "account_patient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_patient_account_id_account")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_account_patient_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_patient")),
        sa.UniqueConstraint("account_id", "patient_id", name=op.f("uq_account_patient_account_id_patient_id")),
    )
    op.create_index(op.f("ix_account_patient_patient_id"), "account_patient", ["patient_id"], unique=False)


def create_account_location() -> None:
    op.create_table(
        "account_location",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_location_account_id_account")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_account_location_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_location")),
        sa.UniqueConstraint("account_id", "location_id", name=op.f("uq_account_location_account_id_location_id")),
    )


def create_login_session() -> None:
    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("data_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_session_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("id_hash", name=op.f("uq_login_session_id_hash")),
    )
    op.create_index(op.f("ix_login_session_account_id"), "login_session", ["account_id"], unique=False)
    op.create_index(op.f("ix_login_session_expires_at"), "login_session", ["expires_at"], unique=False)


def create_appointment() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("specialist_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "booked",
                "arrived",
                "in_room",
                "in_treatment",
                "in_recovery",
                "done",
                "cancelled",
                "no_show",
                "entered_in_error",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("reason_sealed", sa.Text(), nullable=True),
        sa.Column("needs_sealed", sa.Text(), nullable=True),
        sa.Column("booked_by_account_id", sa.Integer(), nullable=True),
        sa.Column("booked_for_other", sa.Boolean(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason_code", sa.String(length=40), nullable=True),
        sa.Column("cancel_note_sealed", sa.Text(), nullable=True),
        sa.Column("video_url_sealed", sa.Text(), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_appointment_order")),
        sa.ForeignKeyConstraint(
            ["booked_by_account_id"], ["account.id"], name=op.f("fk_appointment_booked_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_appointment_location_id_location")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_appointment_patient_id_patient")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_appointment_service_id_service")),
        sa.ForeignKeyConstraint(["specialist_id"], ["resource.id"], name=op.f("fk_appointment_specialist_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_appointment_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_appointment_reference")),
    )
    op.create_index("ix_appointment_location_id_starts_at", "appointment", ["location_id", "starts_at"], unique=False)
    op.create_index("ix_appointment_patient_id_starts_at", "appointment", ["patient_id", "starts_at"], unique=False)


def create_link_token() -> None:
    op.create_table(
        "link_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "action",
            sa.String(length=40),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("email_key", sa.String(length=254), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_link_token_account_id_account")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_link_token_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_link_token_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_token_token_hash")),
    )
    op.create_index(op.f("ix_link_token_expires_at"), "link_token", ["expires_at"], unique=False)


def create_idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency")),
        sa.UniqueConstraint("owner", "nonce", name=op.f("uq_idempotency_owner_nonce")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)


def create_hold() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("specialist_id", sa.Integer(), nullable=True),
        sa.Column("wanted_specialist_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("booking", "undo", "offer", name="purpose", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("extensions between 0 and 2", name=op.f("ck_hold_extensions")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_hold_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_hold_location_id_location")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_hold_service_id_service")),
        sa.ForeignKeyConstraint(["specialist_id"], ["resource.id"], name=op.f("fk_hold_specialist_id_resource")),
        sa.ForeignKeyConstraint(
            ["wanted_specialist_id"], ["resource.id"], name=op.f("fk_hold_wanted_specialist_id_resource")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hold_public_id")),
    )
    op.create_index(op.f("ix_hold_expires_at"), "hold", ["expires_at"], unique=False)
    op.create_index(op.f("ix_hold_owner"), "hold", ["owner"], unique=False)


def create_block() -> None:
    op.create_table(
        "block",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "leave", "meeting", "repair", "other", name="kind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("series_key", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by_account_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_block_order")),
        sa.ForeignKeyConstraint(
            ["created_by_account_id"], ["account.id"], name=op.f("fk_block_created_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_block_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint("public_id", name=op.f("uq_block_public_id")),
    )
    op.create_index(op.f("ix_block_resource_id"), "block", ["resource_id"], unique=False)
    op.create_index(op.f("ix_block_series_key"), "block", ["series_key"], unique=False)


def create_reservation() -> None:
    op.create_table(
        "reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("lane", sa.Integer(), nullable=True),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("hold_id", sa.Integer(), nullable=True),
        sa.Column("block_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(case when appointment_id is null then 0 else 1 end) + (case when hold_id is null then 0 else 1 end) + (case when block_id is null then 0 else 1 end) = 1",  # noqa: E501 - frozen SQL text.
            name=op.f("ck_reservation_one_owner"),
        ),
        sa.CheckConstraint("(resource_id is null) <> (patient_id is null)", name=op.f("ck_reservation_one_subject")),
        sa.CheckConstraint("(resource_id is null) = (lane is null)", name=op.f("ck_reservation_lane_of_resource")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_reservation_order")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_reservation_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(["block_id"], ["block.id"], name=op.f("fk_reservation_block_id_block")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_reservation_hold_id_hold")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_reservation_patient_id_patient")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_reservation_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    op.create_index(op.f("ix_reservation_appointment_id"), "reservation", ["appointment_id"], unique=False)
    op.create_index(op.f("ix_reservation_block_id"), "reservation", ["block_id"], unique=False)
    op.create_index(op.f("ix_reservation_hold_id"), "reservation", ["hold_id"], unique=False)
    op.create_index("ix_reservation_patient_id_ends_at", "reservation", ["patient_id", "ends_at"], unique=False)
    op.create_index(
        "ix_reservation_resource_id_ends_at",
        "reservation",
        ["resource_id", "ends_at", "starts_at", "lane", "hold_id"],
        unique=False,
    )
    op.create_index(
        "ix_reservation_resource_id_lane_ends_at", "reservation", ["resource_id", "lane", "ends_at"], unique=False
    )


OVERLAP = (
    "SELECT RAISE(ABORT, 'slot_taken') WHERE EXISTS (SELECT 1 FROM reservation r "
    "WHERE r.resource_id IS NEW.resource_id AND r.lane IS NEW.lane AND r.patient_id IS NEW.patient_id "
    "AND r.ends_at > NEW.starts_at AND r.starts_at < NEW.ends_at{others})"
)
SQLITE_GUARDS = (
    "CREATE TRIGGER reservation_no_overlap_insert BEFORE INSERT ON reservation BEGIN "
    + OVERLAP.format(others="")
    + "; END",
    "CREATE TRIGGER reservation_no_overlap_update BEFORE UPDATE ON reservation BEGIN "
    + OVERLAP.format(others=" AND r.id <> NEW.id")
    + "; END",
    (
        "CREATE TRIGGER reservation_text_width BEFORE INSERT ON reservation BEGIN "
        "SELECT RAISE(ABORT, 'instants are 26 characters wide') "
        "WHERE length(NEW.starts_at) <> 26 OR length(NEW.ends_at) <> 26; END"
    ),
)
POSTGRES_GUARDS = (
    (
        "ALTER TABLE reservation ADD CONSTRAINT reservation_lane_free EXCLUDE USING gist ("
        "int8range(resource_id, resource_id, '[]') WITH &&, int4range(lane, lane, '[]') WITH &&, "
        "tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (resource_id IS NOT NULL)"
    ),
    (
        "ALTER TABLE reservation ADD CONSTRAINT reservation_patient_free EXCLUDE USING gist ("
        "int8range(patient_id, patient_id, '[]') WITH &&, "
        "tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (patient_id IS NOT NULL)"
    ),
)


def create_guards() -> None:
    """The database itself refuses overlap; dropping the table drops them."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_GUARDS if is_sqlite else POSTGRES_GUARDS:
        op.execute(statement)


def upgrade() -> None:
    create_patient()
    create_account()
    create_account_patient()
    create_account_location()
    create_login_session()
    create_appointment()
    create_link_token()
    create_idempotency()
    create_hold()
    create_block()
    create_reservation()
    create_guards()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
