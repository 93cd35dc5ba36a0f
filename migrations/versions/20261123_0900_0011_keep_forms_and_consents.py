"""Keep forms made here, what follows from answers, consents, follow-ups, and who is told of safety answers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# By table: columns that point to another row.
POINTERS = (
    ("questionnaire_response", "reviewed_by_account_id", "account"),
    ("task", "closed_by_account_id", "account"),
    ("task", "holder_account_id", "account"),
    ("task", "response_id", "questionnaire_response"),
)
# By table: columns, with what rows that are there get; None leaves them empty.
COLUMNS = (
    ("clinic", "crisis_name", sa.String(length=200), ""),
    ("clinic", "crisis_text_line", sa.String(length=200), ""),
    ("clinic", "safety_mode", sa.String(length=40), "unmonitored"),
    ("clinic", "safety_hours", sa.String(length=200), ""),
    ("clinic", "safety_response_minutes", sa.Integer(), None),
    ("questionnaire_response", "flags_sealed", sa.Text(), None),
    ("questionnaire_response", "flag_count", sa.Integer(), "0"),
    ("questionnaire_response", "language", sa.String(length=10), None),
    ("questionnaire_response", "helper_name_sealed", sa.Text(), None),
    ("questionnaire_response", "reviewed_at", sa.DateTime(timezone=True), None),
    ("questionnaire_response", "review_note_sealed", sa.Text(), None),
    ("task", "outcome_note_sealed", sa.Text(), None),
    ("task", "held_at", sa.DateTime(timezone=True), None),
    ("task", "is_urgent", sa.Boolean(), sa.false()),
    ("task", "escalation", sa.Integer(), "0"),
    ("task", "escalates_at", sa.DateTime(timezone=True), None),
)
TABLES = (
    "alert_recipient",
    "consent_text",
    "questionnaire_definition",
    "asked_form",
    "consent",
    "follow_up",
    "safety_answer",
)


def create_alert_recipient() -> None:
    op.create_table(
        "alert_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_alert_recipient_account_id_account")),
        sa.ForeignKeyConstraint(
            ["named_by_account_id"], ["account.id"], name=op.f("fk_alert_recipient_named_by_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_recipient")),
        sa.UniqueConstraint("account_id", name=op.f("uq_alert_recipient_account_id")),
    )


def create_consent_text() -> None:
    op.create_table(
        "consent_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_account_id"], ["account.id"], name=op.f("fk_consent_text_changed_by_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_text")),
        sa.UniqueConstraint("code", "version", "language", name=op.f("uq_consent_text_code_version_language")),
        sa.UniqueConstraint("public_id", name=op.f("uq_consent_text_public_id")),
    )


def create_questionnaire_definition() -> None:
    op.create_table(
        "questionnaire_definition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("asks_about_harm", sa.Boolean(), nullable=False),
        sa.Column("licence_reference", sa.String(length=300), nullable=False),
        sa.Column("licence_ends_on", sa.Date(), nullable=True),
        sa.Column("licence_by_account_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_account_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_account_id"],
            ["account.id"],
            name=op.f("fk_questionnaire_definition_changed_by_account_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["licence_by_account_id"],
            ["account.id"],
            name=op.f("fk_questionnaire_definition_licence_by_account_id_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_definition")),
        sa.UniqueConstraint(
            "code", "version", "language", name=op.f("uq_questionnaire_definition_code_version_language")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_questionnaire_definition_public_id")),
    )


def create_asked_form() -> None:
    op.create_table(
        "asked_form",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("questionnaire", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_account_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_asked_form_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_account_id"], ["account.id"], name=op.f("fk_asked_form_asked_by_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_form")),
        sa.UniqueConstraint("appointment_id", "questionnaire", name=op.f("uq_asked_form_appointment_id_questionnaire")),
    )


def create_consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=False),
        sa.Column("signed_by_account_id", sa.Integer(), nullable=True),
        sa.Column("witnessed_by_account_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_consent_patient_id_patient")),
        sa.ForeignKeyConstraint(
            ["signed_by_account_id"], ["account.id"], name=op.f("fk_consent_signed_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(["text_id"], ["consent_text.id"], name=op.f("fk_consent_text_id_consent_text")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_account_id"], ["account.id"], name=op.f("fk_consent_withdrawn_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["witnessed_by_account_id"], ["account.id"], name=op.f("fk_consent_witnessed_by_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("public_id", name=op.f("uq_consent_public_id")),
    )
    op.create_index(op.f("ix_consent_patient_id"), "consent", ["patient_id"], unique=False)


def create_follow_up() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("wanted_by", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("booked_appointment_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_account_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_follow_up_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(
            ["booked_appointment_id"], ["appointment.id"], name=op.f("fk_follow_up_booked_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_account_id"], ["account.id"], name=op.f("fk_follow_up_created_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_follow_up_patient_id_patient")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_follow_up_resource_id_resource")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_follow_up_service_id_service")),
        sa.ForeignKeyConstraint(
            ["settled_by_account_id"], ["account.id"], name=op.f("fk_follow_up_settled_by_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_follow_up_appointment_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_follow_up_public_id")),
    )
    op.create_index(op.f("ix_follow_up_patient_id"), "follow_up", ["patient_id"], unique=False)


def create_safety_answer() -> None:
    op.create_table(
        "safety_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=32), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.String(length=80), nullable=False),
        sa.Column("value_sealed", sa.Text(), nullable=False),
        sa.Column("is_in_clinic", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["questionnaire_response.id"],
            name=op.f("fk_safety_answer_response_id_questionnaire_response"),
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_account_id"], ["account.id"], name=op.f("fk_safety_answer_saved_by_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_answer")),
        sa.UniqueConstraint("row_key", name=op.f("uq_safety_answer_row_key")),
    )
    op.create_index(op.f("ix_safety_answer_response_id"), "safety_answer", ["response_id"], unique=False)


def add_pointers() -> None:
    """Written out, since both databases take a column in this form."""
    for table, column, target in POINTERS:
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER "
            f"CONSTRAINT fk_{table}_{column}_{target} REFERENCES {target} (id)"
        )


def upgrade() -> None:
    create_alert_recipient()
    create_consent_text()
    create_questionnaire_definition()
    create_asked_form()
    create_consent()
    create_follow_up()
    create_safety_answer()
    for table, name, kind, default in COLUMNS:
        op.add_column(table, sa.Column(name, kind, server_default=default, nullable=default is None))
    add_pointers()
    op.create_index("ix_audit_event_action_at", "audit_event", ["action", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_audit_event_action_at", table_name="audit_event")
    for table, column, _ in reversed(POINTERS):
        op.drop_column(table, column)
    for table, name, _, _ in reversed(COLUMNS):
        op.drop_column(table, name)
    for table in reversed(TABLES):
        op.drop_table(table)
