"""All rows. Importing this package registers every table with the metadata."""

from booking.models.account import (
    Account,
    AccountLocation,
    AccountPatient,
    Idempotency,
    LinkAction,
    LinkToken,
    LoginSession,
    TokenBucket,
)
from booking.models.appointment import Appointment, Block, Hold, Reservation
from booking.models.base import Base, UtcDateTime, new_public_id
from booking.models.clinic import (
    Clinic,
    Closure,
    HoursException,
    Location,
    Resource,
    SegmentNeed,
    Service,
    ServiceSegment,
    WeeklyHours,
)
from booking.models.message import Message
from booking.models.patient import Patient
from booking.models.questionnaire import Answer, QuestionnaireResponse, ResponseStatus
from booking.models.record import AuditEvent, FieldKeyCheck, Heartbeat, Task, TaskState

__all__ = [
    "Account",
    "AccountLocation",
    "AccountPatient",
    "Answer",
    "Appointment",
    "AuditEvent",
    "Base",
    "Block",
    "Clinic",
    "Closure",
    "FieldKeyCheck",
    "Heartbeat",
    "Hold",
    "HoursException",
    "Idempotency",
    "LinkAction",
    "LinkToken",
    "Location",
    "LoginSession",
    "Message",
    "Patient",
    "QuestionnaireResponse",
    "Reservation",
    "Resource",
    "ResponseStatus",
    "SegmentNeed",
    "Service",
    "ServiceSegment",
    "Task",
    "TaskState",
    "TokenBucket",
    "UtcDateTime",
    "WeeklyHours",
    "new_public_id",
]
