"""Keep the earlier times of visits, the waiting list with its offers, and what patients wish for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("appointment_time", "waiting_entry", "waiting_offer", "freed_time", "account_preference")


def create_appointment_time() -> None:
    op.create_table(
        "appointment_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("specialist_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by_account_id", sa.Integer(), nullable=True),
        sa.Column("actor_kind", sa.String(length=80), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_appointment_time_order")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_appointment_time_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_appointment_time_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_account_id"], ["account.id"], name=op.f("fk_appointment_time_replaced_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_appointment_time_service_id_service")),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["resource.id"], name=op.f("fk_appointment_time_specialist_id_resource")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_time")),
        sa.UniqueConstraint("appointment_id", "version", name=op.f("uq_appointment_time_appointment_id_version")),
    )


def create_waiting_entry() -> None:
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("live_key", sa.String(length=60), nullable=True),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("location_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("specialist_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("day_parts", sa.JSON(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "placed",
                "left",
                "expired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_account_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_waiting_entry_order")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_waiting_entry_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_account_id"], ["account.id"], name=op.f("fk_waiting_entry_created_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_waiting_entry_patient_id_patient")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_waiting_entry_service_id_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
        sa.UniqueConstraint("live_key", name=op.f("uq_waiting_entry_live_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_waiting_entry_public_id")),
    )
    op.create_index(op.f("ix_waiting_entry_appointment_id"), "waiting_entry", ["appointment_id"], unique=False)
    op.create_index(op.f("ix_waiting_entry_patient_id"), "waiting_entry", ["patient_id"], unique=False)
    op.create_index("ix_waiting_entry_state_service_id", "waiting_entry", ["state", "service_id"], unique=False)


def create_waiting_offer() -> None:
    op.create_table(
        "waiting_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("specialist_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "accepted",
                "declined",
                "expired",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_waiting_offer_order")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["waiting_entry.id"], name=op.f("fk_waiting_offer_entry_id_waiting_entry")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_waiting_offer_location_id_location")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_waiting_offer_service_id_service")),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["resource.id"], name=op.f("fk_waiting_offer_specialist_id_resource")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_offer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_waiting_offer_public_id")),
    )
    op.create_index(op.f("ix_waiting_offer_entry_id"), "waiting_offer", ["entry_id"], unique=False)
    op.create_index("ix_waiting_offer_state_expires_at", "waiting_offer", ["state", "expires_at"], unique=False)


def create_freed_time() -> None:
    op.create_table(
        "freed_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("hold_owner", sa.String(length=64), nullable=True),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_freed_time_order")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_freed_time_location_id_location")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_freed_time_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freed_time")),
    )
    op.create_index("ix_freed_time_settled_at_available_at", "freed_time", ["settled_at", "available_at"], unique=False)


def create_account_preference() -> None:
    op.create_table(
        "account_preference",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=32), nullable=False),
        sa.Column("wishes_sealed", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_preference_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_preference")),
        sa.UniqueConstraint("row_key", name=op.f("uq_account_preference_row_key")),
    )


def point_to_offers() -> None:
    """Mailed links and messages may be about an offer, or about waiting. Written out, since both databases take a
    column in this form."""
    for table in ("link_token", "message"):
        for column, target in (("offer_id", "waiting_offer"), ("waiting_entry_id", "waiting_entry")):
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {column} INTEGER "
                f"CONSTRAINT fk_{table}_{column}_{target} REFERENCES {target} (id)"
            )
    op.create_index(op.f("ix_message_offer_id"), "message", ["offer_id"], unique=False)
    op.create_index(op.f("ix_link_token_waiting_entry_id"), "link_token", ["waiting_entry_id"], unique=False)


def upgrade() -> None:
    create_appointment_time()
    create_waiting_entry()
    create_waiting_offer()
    create_freed_time()
    create_account_preference()
    point_to_offers()


def downgrade() -> None:
    op.drop_index(op.f("ix_link_token_waiting_entry_id"), table_name="link_token")
    op.drop_index(op.f("ix_message_offer_id"), table_name="message")
    for table in ("link_token", "message"):
        op.drop_column(table, "waiting_entry_id")
        op.drop_column(table, "offer_id")
    for table in reversed(TABLES):
        op.drop_table(table)
