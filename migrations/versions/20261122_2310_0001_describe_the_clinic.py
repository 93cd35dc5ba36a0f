"""Describe the clinic: profile, locations, resources with hours, services with segments."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "clinic",
    "location",
    "resource",
    "weekly_hours",
    "hours_exception",
    "closure",
    "service",
    "service_segment",
    "segment_need",
)


def create_clinic() -> None:
    op.create_table(
        "clinic",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sender_name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("emergency_number", sa.String(length=40), nullable=False),
        sa.Column("crisis_line", sa.String(length=200), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_clinic_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic")),
    )


def create_location() -> None:
    op.create_table(
        "location",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("tz_name", sa.String(length=60), nullable=False),
        sa.Column("directions", sa.Text(), nullable=False),
        sa.Column("is_step_free", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("code", name=op.f("uq_location_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_location_public_id")),
    )


def create_resource() -> None:
    op.create_table(
        "resource",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "specialist",
                "nurse",
                "room",
                "chair",
                "device",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("pools", sa.JSON(), nullable=False),
        sa.Column("video_url", sa.String(length=500), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("lanes between 1 and 100", name=op.f("ck_resource_lanes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("code", name=op.f("uq_resource_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_resource_public_id")),
    )


def create_weekly_hours() -> None:
    op.create_table(
        "weekly_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "ends_minute > starts_minute and ends_minute <= 2880", name=op.f("ck_weekly_hours_ends_minute")
        ),
        sa.CheckConstraint("starts_minute >= 0 and starts_minute < 1440", name=op.f("ck_weekly_hours_starts_minute")),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_weekly_hours_weekday")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_weekly_hours_location_id_location")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_weekly_hours_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_hours")),
    )
    op.create_index(op.f("ix_weekly_hours_resource_id"), "weekly_hours", ["resource_id"], unique=False)


def create_hours_exception() -> None:
    op.create_table(
        "hours_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=True),
        sa.Column("ends_minute", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(starts_minute is null) = (ends_minute is null)", name=op.f("ck_hours_exception_both_or_neither")
        ),
        sa.CheckConstraint(
            "ends_minute > starts_minute and ends_minute <= 2880", name=op.f("ck_hours_exception_ends_minute")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_hours_exception_location_id_location")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_hours_exception_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_exception")),
    )
    op.create_index(op.f("ix_hours_exception_resource_id"), "hours_exception", ["resource_id"], unique=False)


def create_closure() -> None:
    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_closure_order")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_closure_location_id_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )


def create_service() -> None:
    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum("in_person", "video", "phone", name="mode", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "audience",
            sa.Enum(
                "anyone",
                "verified",
                "staff",
                "course",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("grid_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("book_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("change_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("cancel_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("visit_limit_count", sa.Integer(), nullable=True),
        sa.Column("visit_limit_days", sa.Integer(), nullable=True),
        sa.Column("min_gap_days", sa.Integer(), nullable=False),
        sa.Column("contact_to_book", sa.Boolean(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("specialist_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("location_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("questionnaires", sa.JSON(), nullable=False),
        sa.Column("preparation", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("buffer_before_minutes >= 0 and buffer_after_minutes >= 0", name=op.f("ck_service_buffers")),
        sa.CheckConstraint("grid_minutes between 1 and 1440", name=op.f("ck_service_grid")),
        sa.CheckConstraint(
            "(visit_limit_count is null) = (visit_limit_days is null)", name=op.f("ck_service_visit_limit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("code", name=op.f("uq_service_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_service_public_id")),
    )


def create_service_segment() -> None:
    op.create_table(
        "service_segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("offset_minutes", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("with_patient", sa.Boolean(), nullable=False),
        sa.CheckConstraint("offset_minutes >= 0 and minutes > 0", name=op.f("ck_service_segment_length")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_segment_service_id_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_segment")),
        sa.UniqueConstraint("service_id", "position", name=op.f("uq_service_segment_service_id_position")),
    )
    op.create_index(op.f("ix_service_segment_service_id"), "service_segment", ["service_id"], unique=False)


def create_segment_need() -> None:
    op.create_table(
        "segment_need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("pool", sa.String(length=80), nullable=True),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.CheckConstraint("lanes > 0", name=op.f("ck_segment_need_lanes")),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["service_segment.id"], name=op.f("fk_segment_need_segment_id_service_segment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_need")),
    )
    op.create_index(op.f("ix_segment_need_segment_id"), "segment_need", ["segment_id"], unique=False)


def upgrade() -> None:
    create_clinic()
    create_location()
    create_resource()
    create_weekly_hours()
    create_hours_exception()
    create_closure()
    create_service()
    create_service_segment()
    create_segment_need()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
