"""What the database itself must refuse, as the start-up check expects to find it. Built by the migrations.

On PostgreSQL two exclusion constraints, on SQLite triggers under BEGIN IMMEDIATE; on both, triggers that keep the
audit events and their seals as they were written. See docs/adr/0003-double-booking-guard.md and 0013-audit-chain.md.
"""

LANE_GUARD = "reservation_lane_free"
PATIENT_GUARD = "reservation_patient_free"
SQLITE_REFUSAL = "slot_taken"

POSTGRES_CONSTRAINTS = {
    LANE_GUARD: (
        "EXCLUDE USING gist (int8range((resource_id)::bigint, (resource_id)::bigint, '[]'::text) WITH &&, "
        "int4range(lane, lane, '[]'::text) WITH &&, tstzrange(starts_at, ends_at, '[)'::text) WITH &&) "
        "WHERE ((resource_id IS NOT NULL))"
    ),
    PATIENT_GUARD: (
        "EXCLUDE USING gist (int8range((patient_id)::bigint, (patient_id)::bigint, '[]'::text) WITH &&, "
        "tstzrange(starts_at, ends_at, '[)'::text) WITH &&) WHERE ((patient_id IS NOT NULL))"
    ),
}
POSTGRES_TRIGGERS = {
    "audit_event_keep_rows": "audit_event",
    "audit_event_keep_table": "audit_event",
    "audit_seal_keep_rows": "audit_seal",
    "audit_seal_keep_table": "audit_seal",
}
"""By name: the table that each is on."""

_OVERLAP = (
    "SELECT RAISE(ABORT, 'slot_taken') WHERE EXISTS (SELECT 1 FROM reservation r "
    "WHERE r.resource_id IS NEW.resource_id AND r.lane IS NEW.lane AND r.patient_id IS NEW.patient_id "
    "AND r.ends_at > NEW.starts_at AND r.starts_at < NEW.ends_at{others})"
)
_KEEP = "SELECT RAISE(ABORT, 'audit events are kept')"

SQLITE_TRIGGERS = {
    "reservation_no_overlap_insert": (
        "CREATE TRIGGER reservation_no_overlap_insert BEFORE INSERT ON reservation BEGIN "
        + _OVERLAP.format(others="")
        + "; END"
    ),
    "reservation_no_overlap_update": (
        "CREATE TRIGGER reservation_no_overlap_update BEFORE UPDATE ON reservation BEGIN "
        + _OVERLAP.format(others=" AND r.id <> NEW.id")
        + "; END"
    ),
    "reservation_text_width": (
        "CREATE TRIGGER reservation_text_width BEFORE INSERT ON reservation BEGIN "
        "SELECT RAISE(ABORT, 'instants are 26 characters wide') "
        "WHERE length(NEW.starts_at) <> 26 OR length(NEW.ends_at) <> 26; END"
    ),
    "audit_event_no_update": (
        "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN " + _KEEP + "; END"
    ),
    "audit_event_no_delete": (
        "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN " + _KEEP + "; END"
    ),
    "audit_seal_no_update": (
        "CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal BEGIN " + _KEEP + "; END"
    ),
    "audit_seal_no_delete": (
        "CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal BEGIN " + _KEEP + "; END"
    ),
}
