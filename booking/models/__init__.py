"""All rows. Importing this package registers every table with the metadata."""

from booking.core.scheduling.clinic import BlockKind
from booking.models.account import (
    Account,
    AccountLocation,
    AccountPatient,
    AccountPreference,
    Idempotency,
    KeptForm,
    LinkAction,
    LinkToken,
    LoginSession,
    ProvenBy,
    Relation,
    TokenBucket,
)
from booking.models.appointment import (
    Appointment,
    AppointmentTime,
    Block,
    Hold,
    HoldPurpose,
    Reservation,
)
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
from booking.models.credential import AppKey, KnownPlace, Passkey, RecoveryCode
from booking.models.message import MailHold, Message
from booking.models.patient import Patient
from booking.models.people import AddressChange, CarerInvitation, ChangeState, InvitationState, PatientMerge
from booking.models.questionnaire import Answer, QuestionnaireResponse, ResponseStatus
from booking.models.record import AuditEvent, AuditSeal, FieldKeyCheck, Heartbeat, Task, TaskState
from booking.models.waiting import FreedTime, OfferState, WaitingEntry, WaitingOffer, WaitingState

__all__ = [
    "Account",
    "AccountLocation",
    "AccountPatient",
    "AccountPreference",
    "AddressChange",
    "Answer",
    "AppKey",
    "Appointment",
    "AppointmentTime",
    "AuditEvent",
    "AuditSeal",
    "Base",
    "Block",
    "BlockKind",
    "CarerInvitation",
    "ChangeState",
    "Clinic",
    "Closure",
    "FieldKeyCheck",
    "FreedTime",
    "Heartbeat",
    "Hold",
    "HoldPurpose",
    "HoursException",
    "Idempotency",
    "InvitationState",
    "KeptForm",
    "KnownPlace",
    "LinkAction",
    "LinkToken",
    "Location",
    "LoginSession",
    "MailHold",
    "Message",
    "OfferState",
    "Passkey",
    "Patient",
    "PatientMerge",
    "ProvenBy",
    "QuestionnaireResponse",
    "RecoveryCode",
    "Relation",
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
    "WaitingEntry",
    "WaitingOffer",
    "WaitingState",
    "WeeklyHours",
    "new_public_id",
]
