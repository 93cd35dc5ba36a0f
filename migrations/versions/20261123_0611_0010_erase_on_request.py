"""Keep when a patient's contact details and record were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("contact_erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("patient", sa.Column("record_erased_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("patient", "record_erased_at")
    op.drop_column("patient", "contact_erased_at")
