"""Booked visits, holds, blocks and the reservations that guard them all."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.core.scheduling.clinic import BlockKind
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models.base import Base, Code, IntPk, PublicId, enum_column


class HoldPurpose(StrEnum):
    """What a hold keeps its time for: a form being filled in, the undo of a patient, an offer to somebody who waits."""

    BOOKING = "booking"
    UNDO = "undo"
    OFFER = "offer"


class Appointment(Base):
    """A booked visit. `version` grows with every change, `sequence` with every change of its calendar entry."""

    __tablename__ = "appointment"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.Index("ix_appointment_location_id_starts_at", "location_id", "starts_at"),
        sa.Index("ix_appointment_patient_id_starts_at", "patient_id", "starts_at"),
    )

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    reference: Mapped[str] = mapped_column(sa.String(12), unique=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"))
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[AppointmentStatus] = mapped_column(enum_column(AppointmentStatus, "status"))
    version: Mapped[int] = mapped_column(default=1)
    sequence: Mapped[int] = mapped_column(default=0)
    reason_sealed: Mapped[str | None] = mapped_column(sa.Text)
    needs_sealed: Mapped[str | None] = mapped_column(sa.Text)
    booked_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    booked_for_other: Mapped[bool] = mapped_column(default=False)
    booked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason_code: Mapped[str | None] = mapped_column(sa.String(40))
    cancel_note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    video_url_sealed: Mapped[str | None] = mapped_column(sa.Text)


class AppointmentTime(Base):
    """An earlier time of a visit that was moved: what `version` was, who put another in its place, and when."""

    __tablename__ = "appointment_time"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.UniqueConstraint("appointment_id", "version"),
    )

    id: Mapped[IntPk]
    appointment_id: Mapped[int] = mapped_column(sa.ForeignKey("appointment.id"))
    version: Mapped[int]
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime]
    replaced_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    actor_kind: Mapped[Code]
    reason_code: Mapped[str | None] = mapped_column(sa.String(40))


class Hold(Base):
    """A slot kept for one owner until `expires_at`; it may be extended twice.

    The owner is a browser session, or for other purposes "undo:" with the public id of the visit (`appointment_id`) and
    "offer:" with that of the offer.
    """

    __tablename__ = "hold"
    __table_args__ = (sa.CheckConstraint("extensions between 0 and 2", name="extensions"),)

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    owner: Mapped[str] = mapped_column(sa.String(64), index=True)
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    wanted_specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    extensions: Mapped[int] = mapped_column(default=0)
    purpose: Mapped[HoldPurpose] = mapped_column(enum_column(HoldPurpose, "purpose"), default=HoldPurpose.BOOKING)
    appointment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appointment.id"))


class Block(Base):
    """Closed time of one resource: leave, a meeting, a repair. Blocks made in one go share `series_key`.

    Visits that are kept within it are left out of its reservations.
    """

    __tablename__ = "block"
    __table_args__ = (sa.CheckConstraint("starts_at < ends_at", name="order"),)

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    resource_id: Mapped[int] = mapped_column(sa.ForeignKey("resource.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    label: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[BlockKind] = mapped_column(enum_column(BlockKind, "kind"), default=BlockKind.OTHER)
    series_key: Mapped[str | None] = mapped_column(sa.String(32), index=True)
    created_at: Mapped[datetime | None]
    created_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class Reservation(Base):
    """This lane of this resource, or this patient, is taken from..to. The database refuses any overlap.

    Rows are present occupancy: releasing deletes them. Resource rows include buffers, patient rows do not.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.CheckConstraint("(resource_id is null) <> (patient_id is null)", name="one_subject"),
        sa.CheckConstraint("(resource_id is null) = (lane is null)", name="lane_of_resource"),
        sa.CheckConstraint(
            "(case when appointment_id is null then 0 else 1 end) + (case when hold_id is null then 0 else 1 end)"
            " + (case when block_id is null then 0 else 1 end) = 1",
            name="one_owner",
        ),
        sa.Index("ix_reservation_resource_id_lane_ends_at", "resource_id", "lane", "ends_at"),
        # Holds all that a search reads, and lets it skip the past.
        sa.Index("ix_reservation_resource_id_ends_at", "resource_id", "ends_at", "starts_at", "lane", "hold_id"),
        sa.Index("ix_reservation_patient_id_ends_at", "patient_id", "ends_at"),
    )

    id: Mapped[IntPk]
    resource_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    lane: Mapped[int | None]
    patient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patient.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    appointment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appointment.id"), index=True)
    hold_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hold.id"), index=True)
    block_id: Mapped[int | None] = mapped_column(sa.ForeignKey("block.id"), index=True)


class FollowUpState(StrEnum):
    OPEN = "open"
    BOOKED = "booked"
    DROPPED = "dropped"


class FollowUp(Base):
    """What a specialist wants after a visit: a service, and by when. It waits on the desk's list until it is booked."""

    __tablename__ = "follow_up"

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    appointment_id: Mapped[int] = mapped_column(sa.ForeignKey("appointment.id"), unique=True)
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"))
    resource_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    wanted_by: Mapped[date]
    state: Mapped[FollowUpState] = mapped_column(enum_column(FollowUpState, "state", grows=True))
    booked_appointment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appointment.id"))
    created_at: Mapped[datetime]
    created_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]
    settled_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
