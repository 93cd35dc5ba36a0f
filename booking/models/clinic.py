"""The clinic as rows: profile, locations, resources with hours, services with segments. Values live in core."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.core.scheduling.clinic import Audience, ResourceKind, VisitMode
from booking.models.base import Base, Code, IntPk, PublicId, enum_column


class SafetyMode(StrEnum):
    """Whether somebody is told at once of a safety answer given away from the clinic (clinical guide, 2.3)."""

    UNMONITORED = "unmonitored"
    MONITORED = "monitored"


class Clinic(Base):
    """The one row of the installation. `revision` is another one after every change of the clinic's structure."""

    __tablename__ = "clinic"
    __table_args__ = (sa.CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[IntPk]
    revision: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(sa.String(200))
    sender_name: Mapped[str] = mapped_column(sa.String(200))
    phone: Mapped[str] = mapped_column(sa.String(40))
    email: Mapped[str] = mapped_column(sa.String(254))
    emergency_number: Mapped[str] = mapped_column(sa.String(40))
    crisis_line: Mapped[str] = mapped_column(sa.String(200))
    crisis_name: Mapped[str] = mapped_column(sa.String(200), default="")
    crisis_text_line: Mapped[str] = mapped_column(sa.String(200), default="")
    safety_mode: Mapped[SafetyMode] = mapped_column(
        enum_column(SafetyMode, "safety_mode", grows=True), default=SafetyMode.UNMONITORED
    )
    safety_hours: Mapped[str] = mapped_column(sa.String(200), default="")
    safety_response_minutes: Mapped[int | None]


class AlertRecipient(Base):
    """Who is told of a safety answer: those with the lowest `rank` first, the next ones when nobody acts."""

    __tablename__ = "alert_recipient"

    id: Mapped[IntPk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), unique=True)
    rank: Mapped[int]
    named_at: Mapped[datetime]
    named_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class Location(Base):
    __tablename__ = "location"

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    street: Mapped[str] = mapped_column(sa.String(200))
    city: Mapped[str] = mapped_column(sa.String(200))
    phone: Mapped[str] = mapped_column(sa.String(40))
    tz_name: Mapped[str] = mapped_column(sa.String(60))
    directions: Mapped[str] = mapped_column(sa.Text, default="")
    is_step_free: Mapped[bool] = mapped_column(default=True)


class Resource(Base):
    """What a visit occupies; `lanes` is how many visits it may serve at once."""

    __tablename__ = "resource"
    __table_args__ = (sa.CheckConstraint("lanes between 1 and 100", name="lanes"),)

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    code: Mapped[Code] = mapped_column(unique=True)
    kind: Mapped[ResourceKind] = mapped_column(enum_column(ResourceKind, "kind"))
    name: Mapped[str] = mapped_column(sa.String(200))
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    about: Mapped[str] = mapped_column(sa.Text, default="")
    lanes: Mapped[int] = mapped_column(default=1)
    languages: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    pools: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    video_url: Mapped[str] = mapped_column(sa.String(500), default="")
    is_active: Mapped[bool] = mapped_column(default=True)


class WeeklyHours(Base):
    """Wall-clock minutes of one weekday at one location; `ends_minute` may reach into the next day."""

    __tablename__ = "weekly_hours"
    __table_args__ = (
        sa.CheckConstraint("weekday between 0 and 6", name="weekday"),
        sa.CheckConstraint("starts_minute >= 0 and starts_minute < 1440", name="starts_minute"),
        sa.CheckConstraint("ends_minute > starts_minute and ends_minute <= 2880", name="ends_minute"),
    )

    id: Mapped[IntPk]
    resource_id: Mapped[int] = mapped_column(sa.ForeignKey("resource.id"), index=True)
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    weekday: Mapped[int]
    starts_minute: Mapped[int]
    ends_minute: Mapped[int]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class HoursException(Base):
    """One date of one resource at one location; both minutes empty means away, several rows are several spans."""

    __tablename__ = "hours_exception"
    __table_args__ = (
        sa.CheckConstraint("(starts_minute is null) = (ends_minute is null)", name="both_or_neither"),
        sa.CheckConstraint("ends_minute > starts_minute and ends_minute <= 2880", name="ends_minute"),
    )

    id: Mapped[IntPk]
    resource_id: Mapped[int] = mapped_column(sa.ForeignKey("resource.id"), index=True)
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    on: Mapped[date] = mapped_column("on_date")
    starts_minute: Mapped[int | None]
    ends_minute: Mapped[int | None]


class Closure(Base):
    """Local dates on which a location, or (location empty) the whole clinic, is closed."""

    __tablename__ = "closure"
    __table_args__ = (sa.CheckConstraint("starts_on <= ends_on", name="order"),)

    id: Mapped[IntPk]
    location_id: Mapped[int | None] = mapped_column(sa.ForeignKey("location.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    name: Mapped[str] = mapped_column(sa.String(200))


class Service(Base):
    """A kind of visit. Empty `specialist_ids`/`location_ids` (JSON null) mean no limit."""

    __tablename__ = "service"
    __table_args__ = (
        sa.CheckConstraint("grid_minutes between 1 and 1440", name="grid"),
        sa.CheckConstraint("buffer_before_minutes >= 0 and buffer_after_minutes >= 0", name="buffers"),
        sa.CheckConstraint("(visit_limit_count is null) = (visit_limit_days is null)", name="visit_limit"),
    )

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    mode: Mapped[VisitMode] = mapped_column(enum_column(VisitMode, "mode"))
    audience: Mapped[Audience] = mapped_column(enum_column(Audience, "audience"))
    grid_minutes: Mapped[int]
    buffer_before_minutes: Mapped[int] = mapped_column(default=0)
    buffer_after_minutes: Mapped[int] = mapped_column(default=0)
    book_notice_minutes: Mapped[int] = mapped_column(default=0)
    change_notice_minutes: Mapped[int] = mapped_column(default=0)
    cancel_notice_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int] = mapped_column(default=60)
    visit_limit_count: Mapped[int | None]
    visit_limit_days: Mapped[int | None]
    min_gap_days: Mapped[int] = mapped_column(default=0)
    contact_to_book: Mapped[bool] = mapped_column(default=False)
    languages: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    specialist_ids: Mapped[list[int] | None] = mapped_column(sa.JSON(none_as_null=True))
    location_ids: Mapped[list[int] | None] = mapped_column(sa.JSON(none_as_null=True))
    questionnaires: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    preparation: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    segments: Mapped[list[ServiceSegment]] = relationship(
        order_by="ServiceSegment.position", cascade="all, delete-orphan"
    )


class ServiceSegment(Base):
    __tablename__ = "service_segment"
    __table_args__ = (
        sa.UniqueConstraint("service_id", "position"),
        sa.CheckConstraint("offset_minutes >= 0 and minutes > 0", name="length"),
    )

    id: Mapped[IntPk]
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(200))
    offset_minutes: Mapped[int]
    minutes: Mapped[int]
    with_patient: Mapped[bool] = mapped_column(default=True)
    needs: Mapped[list[SegmentNeed]] = relationship(order_by="SegmentNeed.id", cascade="all, delete-orphan")


class SegmentNeed(Base):
    """`pool` empty: the chosen specialist; otherwise `lanes` lanes of one member of that pool."""

    __tablename__ = "segment_need"
    __table_args__ = (sa.CheckConstraint("lanes > 0", name="lanes"),)

    id: Mapped[IntPk]
    segment_id: Mapped[int] = mapped_column(sa.ForeignKey("service_segment.id"), index=True)
    pool: Mapped[str | None] = mapped_column(sa.String(80))
    lanes: Mapped[int] = mapped_column(default=1)
