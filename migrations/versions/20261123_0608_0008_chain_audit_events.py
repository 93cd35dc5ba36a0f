"""Chain the audit events, and say which patient each is about."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = (
    ("patient_id", sa.Integer()),
    ("network", sa.String(length=64)),
    ("session_ref", sa.String(length=16)),
    ("mark", sa.String(length=64)),
)
INDEXES = (
    ("ix_audit_event_patient_id_seq", ["patient_id", "seq"], False),
    ("ix_audit_event_actor_account_id_at", ["actor_account_id", "at"], False),
    ("ix_audit_event_mark", ["mark"], True),
)
KEEP = "SELECT RAISE(ABORT, 'audit events are kept'); END"
SQLITE_GUARDS = (
    f"CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal BEGIN {KEEP}",
    f"CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal BEGIN {KEEP}",
)
POSTGRES_GUARDS = (
    (
        "CREATE TRIGGER audit_seal_keep_rows BEFORE UPDATE OR DELETE ON audit_seal "
        "FOR EACH ROW EXECUTE FUNCTION audit_event_keep()"
    ),
    (
        "CREATE TRIGGER audit_seal_keep_table BEFORE TRUNCATE ON audit_seal "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_event_keep()"
    ),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("audit_event", sa.Column(name, kind, nullable=True))
    for name, columns, is_unique in INDEXES:
        op.create_index(name, "audit_event", columns, unique=is_unique)
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("event_seq", name=op.f("uq_audit_seal_event_seq")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_GUARDS if is_sqlite else POSTGRES_GUARDS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("audit_seal")
    for name, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name="audit_event")
    for name, _ in reversed(COLUMNS):
        op.drop_column("audit_event", name)
