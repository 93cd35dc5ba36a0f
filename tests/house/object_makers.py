"""The objects with which every route is driven.

A route whose address has a parameter needs a maker for it here: by endpoint and name ("desk.patient:public_id"), by
blueprint and name ("desk:patient"), or by name alone. A maker gives examples: an object, who of the cast may see it,
and an address of the same form that leads to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.core.waiting import WaitingWish
from booking.models import (
    AccountPatient,
    Block,
    CarerInvitation,
    FollowUp,
    FollowUpState,
    InvitationState,
    LinkAction,
    Relation,
    Resource,
    Task,
)
from booking.models.base import new_public_id
from booking.services import sessions
from booking.services.links import mint_link
from booking.services.merging import merge_patients
from booking.services.own_sessions import handle_of
from booking.services.tasks import ask_to_call, ask_to_erase
from booking.services.transaction import transaction
from booking.services.waiting_list import join
from tests.factories import make_account, make_offer, make_passkey, make_patient
from tests.house.cast import (
    ANA,
    CORA,
    CRUZ,
    DORA,
    ELI,
    EVERYBODY,
    FAY,
    PUBLIC_CAST,
    SEE_THE_CALENDAR,
    SEE_THE_OTHER_VISIT,
    SEE_THE_PATIENT,
    SEE_THE_VISIT,
    SOMEBODY,
    Example,
    World,
)
from tests.house.form_makers import a_draft_of_a_form, a_form_in_use, a_text_of_the_clinic, a_text_to_sign
from tests.services.forms_cast import fill_peg, send, visit_of

CALENDAR_PAGES = ("calendar", "change_hours", "change_date", "add_leave", "add_block")
FOLLOW_UP_ACTS = ("drop_follow_up", "put_back_follow_up", "settle_follow_up")
BLOCK_PAGES = ("change_block", "remove_block")


def a_visit(world: World) -> list[Example]:
    """One at Northside, and somebody else's at Lakeview."""
    return [
        Example(world.visit().public_id, new_public_id(), SEE_THE_VISIT),
        Example(world.visit_elsewhere().public_id, new_public_id(), SEE_THE_OTHER_VISIT),
    ]


def a_patient(world: World) -> list[Example]:
    return [Example(world.ana_patient.public_id, new_public_id(), SEE_THE_PATIENT)]


def a_service(_world: World) -> list[Example]:
    """One that all may book, and those that only staff or a course may: to the public these do not exist."""
    hidden = [Example(code, "no-such-service", EVERYBODY - PUBLIC_CAST) for code in ("phone-call", "infusion")]
    return [Example("first-consultation", "no-such-service"), *hidden]


def a_link(world: World) -> list[Example]:
    """Whoever has the link may open it."""
    account, now = world.accounts[ANA], utc_now()
    with transaction(world.session):
        token = mint_link(
            world.session,
            action=LinkAction.RESET_PASSWORD,
            now=now,
            expires_at=now + timedelta(minutes=10),
            account_id=account.id,
        )
    return [Example(token, "A" * 43)]


def a_date(_world: World) -> list[Example]:
    return [Example("2026-11-30", "2026-02-31")]


def a_file(_world: World) -> list[Example]:
    return [Example("img/favicon.svg", "img/missing.svg")]


def a_form(_world: World) -> list[Example]:
    return [Example("peg", "no-such-form")]


def a_page_of_a_form(_world: World) -> list[Example]:
    return [Example("1", "999")]


def a_visit_with_a_sent_form(world: World) -> list[Example]:
    """Answers that were given: the patient reads a copy, the specialist of the visit reads them, nobody else does; no
    carer either, to whom they were not opened."""
    appointment, account = world.visit(), world.accounts[ANA]
    visit = visit_of(world.session, appointment.id)
    ana = Actor(account.id, Role.PATIENT, frozenset({world.ana_patient.id}))
    fill_peg(world.session, ana, visit, 4, 5, 6)
    send(world.session, ana, visit)
    return [Example(visit.public_id, new_public_id(), frozenset({ANA, CRUZ}))]


def a_follow_up(world: World) -> list[Example]:
    """What Dr Cruz wants after a visit at Northside: it is on the list of who books there."""
    visit = world.visit()
    row = FollowUp(
        public_id=new_public_id(), patient_id=visit.patient_id, appointment_id=visit.id, service_id=1, resource_id=1,
        wanted_by=utc_now().date(), state=FollowUpState.OPEN, created_at=utc_now(),
    )  # fmt: skip
    world.session.add(row)
    world.session.commit()
    return [Example(row.public_id, new_public_id(), frozenset({DORA, FAY}))]


def a_calendar(world: World) -> list[Example]:
    """Of Dr Cruz, at Northside alone, and of Dr Lind, at Lakeview alone."""
    world.session.rollback()
    ids = {row.id: row.public_id for row in world.session.execute(sa.select(Resource.id, Resource.public_id))}
    elsewhere = Example(ids[3], new_public_id(), frozenset({ELI, FAY}))
    return [Example(ids[1], new_public_id(), SEE_THE_CALENDAR), elsewhere]


def the_calendar_of_a_block(world: World) -> list[Example]:
    """The first of these: blocks belong to one."""
    return a_calendar(world)[:1]


def a_block(world: World) -> list[Example]:
    """Of the first of these calendars, and one of the other, which nobody finds beside the first."""
    world.session.rollback()
    starts_at = world.free_start()
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1), "label": "[Leave]"}
    block, elsewhere = (Block(resource_id=number, **times) for number in (1, 3))
    world.session.add_all([block, elsewhere])
    world.session.commit()
    strange = Example(elsewhere.public_id, new_public_id(), frozenset())
    return [Example(block.public_id, new_public_id(), SEE_THE_CALENDAR), strange]


def an_offer(world: World) -> list[Example]:
    """A time offered to Ana. Nobody else answers it here: the desk has pages of its own for that."""
    world.session.rollback()
    now = utc_now()
    times = {"starts_at": world.free_start(), "made_at": now, "expires_at": now + timedelta(hours=2)}
    offer = make_offer(world.session, world.ana_patient, **times)
    return [Example(offer.public_id, new_public_id(), frozenset({ANA, CORA}))]


def a_waiting_entry(world: World) -> list[Example]:
    """Ana waits for a time at Northside: of the desk, Dora and Fay work there."""
    world.session.rollback()
    wish = WaitingWish(1, utc_now().date(), utc_now().date() + timedelta(days=30), frozenset({1}))
    ana = Actor(None, Role.PATIENT, frozenset({world.ana_patient.id}))
    place = join(world.session, actor=ana, patient_id=world.ana_patient.id, wish=wish, now=utc_now())
    return [Example(place.public_id, new_public_id(), frozenset({DORA, FAY}))]


def an_own_waiting_entry(world: World) -> list[Example]:
    """The same entry as Ana sees it."""
    return [replace(example, seen_by=frozenset({ANA, CORA})) for example in a_waiting_entry(world)]


def an_offer_at_the_desk(world: World) -> list[Example]:
    """The same offer as the desk sees it, which answers for a caller."""
    return [replace(example, seen_by=frozenset({DORA, FAY})) for example in an_offer(world)]


def a_call(world: World) -> list[Example]:
    """Somebody at Northside is to call Ana about her visit."""
    visit, session = world.visit(), world.session
    with transaction(session):
        ask_to_call(
            session, patient_id=world.ana_patient.id, appointment_id=visit.id, reason_code="x",
            cause=visit.public_id, now=utc_now(),
        )  # fmt: skip
    call = session.scalars(sa.select(Task.public_id).where(Task.appointment_id == visit.id)).one()
    session.rollback()
    return [Example(call, new_public_id(), frozenset({DORA, FAY}))]


def a_helper(world: World) -> list[Example]:
    """Somebody who helps Ana, and whom she or the desk may end; who they are is nobody else's business."""
    world.session.rollback()
    carer = make_account(world.session)
    right = AccountPatient(account_id=carer.id, patient_id=world.ana_patient.id, relation=Relation.CARER)
    world.session.add(right)
    world.session.commit()
    return [Example(right.public_id, new_public_id(), frozenset({ANA}))]


def an_invitation(world: World) -> list[Example]:
    """Ana asks somebody for help, and may take that back."""
    world.session.rollback()
    now = utc_now()
    asked = CarerInvitation(
        patient_id=world.ana_patient.id, invited_by_account_id=world.accounts[ANA].id, email="kim@example.org",
        email_key="kim@example.org", state=InvitationState.OPEN, created_at=now, expires_at=now + timedelta(days=3),
    )  # fmt: skip
    world.session.add(asked)
    world.session.commit()
    return [Example(asked.public_id, new_public_id(), frozenset({ANA}))]


def a_passkey(world: World) -> list[Example]:
    """Ana's own."""
    world.session.rollback()
    passkey = make_passkey(world.session, world.accounts[ANA], name="⟦My phone⟧")
    return [Example(passkey.public_id, new_public_id(), frozenset({ANA}))]


def a_code(code: str) -> Callable[[World], list[Example]]:
    """Of a thing of the clinic, which administrators alone change."""
    return lambda _world: [Example(code, "nowhere", frozenset({FAY}))]


def somebody_at_the_clinic(world: World) -> list[Example]:
    """A scheduler who works here, and who is asked in again, or shut out, by administrators alone."""
    world.session.rollback()
    account = make_account(world.session, Role.SCHEDULER, email_verified_at=None, name="⟦Somebody⟧")
    return [Example(account.public_id, new_public_id(), frozenset({FAY}))]


Maker = Callable[[World], list[Example]]


def a_second_record(world: World) -> list[Example]:
    """Somebody who may be Ana."""
    world.session.rollback()
    return [Example(make_patient(world.session, **SOMEBODY).public_id, new_public_id(), SEE_THE_PATIENT)]


def a_merge(world: World) -> list[Example]:
    """Of two records without visits."""
    world.session.rollback()
    fay = Actor(world.accounts[FAY].id, Role.ADMINISTRATOR)
    kept_id, merged_id = (make_patient(world.session, **SOMEBODY).id for _ in range(2))
    world.session.rollback()
    merge = merge_patients(
        world.session, actor=fay, kept_id=kept_id, merged_id=merged_id, reason_code="booked_twice", now=utc_now()
    )
    return [Example(merge, new_public_id(), SEE_THE_PATIENT)]


def at_the_desk(maker: Maker) -> Maker:
    """The same object as the desk sees it."""
    return lambda world: [replace(one, seen_by=SEE_THE_PATIENT - {ANA, CORA}) for one in maker(world)]


def a_person_who_asked_to_be_erased(world: World) -> list[Example]:
    """Someone with nothing ahead: another patient, whose request waits for an administrator."""
    world.session.rollback()
    patient = make_patient(world.session, **SOMEBODY)
    with transaction(world.session):
        ask_to_erase(world.session, patient_id=patient.id, now=utc_now())
    return [Example(patient.public_id, new_public_id(), frozenset({FAY}))]


def an_own_patient(world: World) -> list[Example]:
    return [Example(world.ana_patient.public_id, new_public_id(), frozenset({ANA}))]


def an_own_session(world: World) -> list[Example]:
    """A login of Ana's on another device."""
    world.session.rollback()
    account_id = world.accounts[ANA].id
    token = sessions.begin_session(world.session, account_id=account_id, data={}, now=utc_now())
    return [Example(handle_of(sessions.hash_token(token)), new_public_id(), frozenset({ANA}))]


DRAFT_PAGES = (
    "own_form", "publish_form", "discard_form", "preview_form", "form_head", "add_form_item", "form_item",
    "move_form_item", "remove_form_item",
)  # fmt: skip
TEXT_PAGES = ("consent_text", "publish_consent_text", "retire_consent_text")

MAKERS: dict[str, Maker] = {
    "consents:public_id": a_text_to_sign,
    **{f"administration.{name}:public_id": a_text_of_the_clinic for name in TEXT_PAGES},
    **{f"administration.{name}:public_id": a_draft_of_a_form for name in DRAFT_PAGES},
    **{f"administration.{name}:public_id": a_form_in_use for name in ("new_form_version", "retire_form")},
    "administration:link_id": a_code("why"),
    **{f"desk.{name}:public_id": a_patient for name in ("consents", "record_consent", "withdraw_consent")},
    "sessions.end:public_id": an_own_session,
    "privacy.ask_erasure:patient": an_own_patient,
    "privacy:patient": a_person_who_asked_to_be_erased,
    "static:filename": a_file,
    "links:token": a_link,
    "public_id": a_visit,
    "appointment": a_visit,
    "visit": a_visit,
    "patient": a_patient,
    "service_code": a_service,
    "date": a_date,
    "day": a_date,
    "on": a_date,
    "code": a_form,
    "number": a_page_of_a_form,
    "sent_forms:public_id": a_visit_with_a_sent_form,
    "specialist:public_id": a_visit_with_a_sent_form,
    "desk.patient:public_id": a_patient,
    "desk.wait:public_id": a_patient,
    **{f"desk.{name}:public_id": a_patient for name in ("helpers", "same_person", "merge")},
    "desk.merge:other": a_second_record,
    "desk.end_helper:public_id": at_the_desk(a_helper),
    "desk.withdraw_invitation:public_id": at_the_desk(an_invitation),
    "desk.undo_merge:public_id": a_merge,
    "desk.leave_waiting:public_id": a_waiting_entry,
    **{f"desk.{name}:public_id": a_follow_up for name in FOLLOW_UP_ACTS},
    "tasks:public_id": a_call,
    "desk.answer_offer:public_id": an_offer_at_the_desk,
    **{f"desk.{name}:public_id": a_calendar for name in CALENDAR_PAGES},
    **{f"desk.{name}:public_id": the_calendar_of_a_block for name in BLOCK_PAGES},
    "block_id": a_block,
    "administration.location:code": a_code("northside"),
    "administration.resource:code": a_code("dr-cruz"),
    "administration:code": a_code("follow-up"),
    "administration:public_id": somebody_at_the_clinic,
    "carers:public_id": a_helper,
    "carers.withdraw:public_id": an_invitation,
    "passkeys:public_id": a_passkey,
    "waiting:public_id": an_own_waiting_entry,
    "waiting.wait_for_earlier:public_id": a_visit,
    "mailed.offer:public_id": an_offer,
    "mailed.answer_offer:public_id": an_offer,
}


def maker_of(endpoint: str, name: str) -> Maker:
    """The maker for a parameter of that endpoint. Raises LookupError: whoever adds a route says what it is about."""
    blueprint = endpoint.rpartition(".")[0] or endpoint
    for key in (f"{endpoint}:{name}", f"{blueprint}:{name}", name):
        if key in MAKERS:
            return MAKERS[key]
    raise LookupError(f"no maker in tests/house/object_makers.py for {name!r} of {endpoint}")
