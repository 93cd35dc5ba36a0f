"""People who wait for a time, what they were offered, and the times that became free."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.models.base import Base, Code, IntPk, PublicId, enum_column


class WaitingState(StrEnum):
    """`PLACED`: an offer was accepted. `LEFT`: by the patient or the desk. `EXPIRED`: its dates have gone by."""

    WAITING = "waiting"
    PLACED = "placed"
    LEFT = "left"
    EXPIRED = "expired"


class OfferState(StrEnum):
    """`WITHDRAWN`: the time was gone, or the wait was over, before there was an answer."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class WaitingEntry(Base):
    """One patient's wish for a time of one service; with `appointment_id`, in place of that visit.

    Empty lists (JSON null for ids) mean any. `live_key` is the patient and the service while it waits and empty after,
    so that nobody waits twice for the same.
    """

    __tablename__ = "waiting_entry"
    __table_args__ = (
        sa.CheckConstraint("first_on <= last_on", name="order"),
        sa.Index("ix_waiting_entry_state_service_id", "state", "service_id"),
    )

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    live_key: Mapped[str | None] = mapped_column(sa.String(60), unique=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"))
    appointment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appointment.id"), index=True)
    location_ids: Mapped[list[int] | None] = mapped_column(sa.JSON(none_as_null=True))
    specialist_ids: Mapped[list[int] | None] = mapped_column(sa.JSON(none_as_null=True))
    weekdays: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    day_parts: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    first_on: Mapped[date]
    last_on: Mapped[date]
    notice_minutes: Mapped[int]
    priority: Mapped[int] = mapped_column(default=0)
    state: Mapped[WaitingState] = mapped_column(enum_column(WaitingState, "state"))
    created_at: Mapped[datetime]
    created_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


class WaitingOffer(Base):
    """A time offered to one entry until `expires_at`; a hold of the owner "offer:" and this public id keeps it.

    `why` is what spoke for this entry when it was made: codes and numbers, never names.
    """

    __tablename__ = "waiting_offer"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.Index("ix_waiting_offer_state_expires_at", "state", "expires_at"),
    )

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("waiting_entry.id"), index=True)
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[OfferState] = mapped_column(enum_column(OfferState, "state"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    why: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)


class FreedTime(Base):
    """A span that became free and may be offered from `available_at` on; `settled_at` once nobody is left to ask.

    `resource_id` is the specialist whose time it was, empty where there was none. `hold_owner` names the undo hold that
    keeps the time meanwhile, if there is one. `cause` is a word: cancelled, changed, missed, unblocked,
    opened, offer.
    """

    __tablename__ = "freed_time"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.Index("ix_freed_time_settled_at_available_at", "settled_at", "available_at"),
    )

    id: Mapped[IntPk]
    location_id: Mapped[int | None] = mapped_column(sa.ForeignKey("location.id"))
    resource_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    cause: Mapped[Code]
    hold_owner: Mapped[str | None] = mapped_column(sa.String(64))
    available_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
