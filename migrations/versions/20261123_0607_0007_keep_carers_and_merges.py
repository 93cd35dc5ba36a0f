"""Keep invitations, carers' rights, changes of addresses and merged patients."""

import re
import secrets
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# By table: columns that point to another row.
POINTERS = (
    ("answer", "saved_by_account_id", "account"),
    ("patient", "merged_into_id", "patient"),
    ("link_token", "invitation_id", "carer_invitation"),
    ("link_token", "address_change_id", "address_change"),
    ("message", "invitation_id", "carer_invitation"),
    ("message", "address_change_id", "address_change"),
)
RIGHTS = ("public_id", "relation", "sees_answers", "closed_at")


def create_carer_invitation() -> None:
    op.create_table(
        "carer_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("live_key", sa.String(length=300), nullable=True),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("invited_by_account_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("sees_answers", sa.Boolean(), nullable=False),
        sa.Column("right_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["accepted_by_account_id"], ["account.id"], name=op.f("fk_carer_invitation_accepted_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_account_id"], ["account.id"], name=op.f("fk_carer_invitation_invited_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_carer_invitation_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carer_invitation")),
        sa.UniqueConstraint("live_key", name=op.f("uq_carer_invitation_live_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_carer_invitation_public_id")),
    )
    op.create_index(op.f("ix_carer_invitation_patient_id"), "carer_invitation", ["patient_id"], unique=False)


def create_address_change() -> None:
    op.create_table(
        "address_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("old_email", sa.String(length=254), nullable=False),
        sa.Column("new_email", sa.String(length=254), nullable=False),
        sa.Column("new_key", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_address_change_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
    )
    op.create_index(op.f("ix_address_change_account_id"), "address_change", ["account_id"], unique=False)


def create_patient_merge() -> None:
    op.create_table(
        "patient_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("reason_code", sa.String(length=80), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by_account_id", sa.Integer(), nullable=False),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["patient.id"], name=op.f("fk_patient_merge_kept_id_patient")),
        sa.ForeignKeyConstraint(["merged_id"], ["patient.id"], name=op.f("fk_patient_merge_merged_id_patient")),
        sa.ForeignKeyConstraint(
            ["merged_by_account_id"], ["account.id"], name=op.f("fk_patient_merge_merged_by_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_account_id"], ["account.id"], name=op.f("fk_patient_merge_undone_by_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merge")),
        sa.UniqueConstraint("public_id", name=op.f("uq_patient_merge_public_id")),
    )
    op.create_index(op.f("ix_patient_merge_kept_id"), "patient_merge", ["kept_id"], unique=False)
    op.create_index(op.f("ix_patient_merge_merged_id"), "patient_merge", ["merged_id"], unique=False)


def add_pointers() -> None:
    """Written out, since both databases take a column in this form."""
    for table, column, target in POINTERS:
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER "
            f"CONSTRAINT fk_{table}_{column}_{target} REFERENCES {target} (id)"
        )


def add_rights() -> None:
    """Who acts for whom as what. Those who act already keep what they see; who is the patient goes by the name."""
    op.add_column("account_patient", sa.Column("public_id", sa.String(32), server_default="", nullable=False))
    op.add_column("account_patient", sa.Column("relation", sa.String(40), server_default="self", nullable=False))
    op.add_column("account_patient", sa.Column("sees_answers", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("account_patient", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT r.id, a.name, p.given_name, p.family_name FROM account_patient r "
            "JOIN account a ON a.id = r.account_id JOIN patient p ON p.id = r.patient_id"
        )
    ).all()
    values = [
        {
            "id": row.id,
            "public_id": secrets.token_urlsafe(16),
            "relation": "self" if letters(row.name) == letters(row.given_name + row.family_name) else "carer",
        }
        for row in rows
    ]
    if values:
        statement = "SET public_id = :public_id, relation = :relation, sees_answers = true WHERE id = :id"
        connection.execute(sa.text(f"UPDATE account_patient {statement}"), values)
    op.create_index(op.f("ix_account_patient_public_id"), "account_patient", ["public_id"], unique=True)


def letters(name: str) -> str:
    """The name without case, accents and signs."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode())


def upgrade() -> None:
    create_carer_invitation()
    create_address_change()
    create_patient_merge()
    add_pointers()
    add_rights()


def downgrade() -> None:
    op.drop_index(op.f("ix_account_patient_public_id"), table_name="account_patient")
    for column in reversed(RIGHTS):
        op.drop_column("account_patient", column)
    for table, column, _ in reversed(POINTERS):
        op.drop_column(table, column)
    for table in ("patient_merge", "address_change", "carer_invitation"):
        op.drop_table(table)
