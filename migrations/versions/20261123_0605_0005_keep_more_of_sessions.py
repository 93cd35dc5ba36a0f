"""Keep what sessions need: when and where they began, when the person proved who they are; and what was typed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = (
    "role", "authenticated_at", "proven_by", "browser", "system", "network_sealed", "is_shared_computer"
)  # fmt: skip


def upgrade() -> None:
    """Sessions that are open stay open; nobody has proven anything in them lately."""
    op.add_column("login_session", sa.Column("role", sa.String(length=40), nullable=True))
    op.add_column("login_session", sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("login_session", sa.Column("proven_by", sa.String(length=40), nullable=True))
    op.add_column("login_session", sa.Column("browser", sa.String(length=40), nullable=True))
    op.add_column("login_session", sa.Column("system", sa.String(length=40), nullable=True))
    op.add_column("login_session", sa.Column("network_sealed", sa.Text(), nullable=True))
    op.add_column(
        "login_session", sa.Column("is_shared_computer", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "kept_form",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=32), nullable=False),
        sa.Column("form_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kept_form_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
        sa.UniqueConstraint("row_key", name=op.f("uq_kept_form_row_key")),
    )
    op.create_index(op.f("ix_kept_form_account_id"), "kept_form", ["account_id"])
    op.create_index(op.f("ix_kept_form_created_at"), "kept_form", ["created_at"])


def downgrade() -> None:
    """What was typed and not sent is lost."""
    op.drop_table("kept_form")
    for column in COLUMNS:
        op.drop_column("login_session", column)
