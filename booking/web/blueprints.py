"""The blueprints of the application, in the order in which they are registered."""

from flask import Blueprint

from booking.web.accounts.address import bp as address
from booking.web.accounts.factors import bp as factors
from booking.web.accounts.identity import bp as identity
from booking.web.accounts.kept import bp as kept
from booking.web.accounts.links import bp as links
from booking.web.accounts.passkeys import bp as passkeys
from booking.web.accounts.second_step import bp as second_step
from booking.web.accounts.sessions import bp as own_sessions
from booking.web.accounts.views import bp as accounts
from booking.web.administration.joining import bp as joining
from booking.web.administration.views import bp as administration
from booking.web.audit.views import bp as audit
from booking.web.carers.views import bp as carers
from booking.web.consents.views import bp as consents
from booking.web.demo.views import bp as demo
from booking.web.desk.views import bp as desk
from booking.web.mailed.views import bp as mailed
from booking.web.operation.views import bp as operation
from booking.web.preferences.views import bp as preferences
from booking.web.privacy.views import bp as privacy
from booking.web.public.views import bp as public
from booking.web.questionnaires.reading import bp as sent_forms
from booking.web.questionnaires.views import bp as questionnaires
from booking.web.scheduling.views import bp as scheduling
from booking.web.specialist.views import bp as specialist
from booking.web.tasks.views import bp as tasks
from booking.web.visits.views import bp as visits
from booking.web.waiting.views import bp as waiting

BLUEPRINTS: tuple[Blueprint, ...] = (
    operation,
    accounts,
    second_step,
    passkeys,
    factors,
    identity,
    links,
    carers,
    consents,
    address,
    own_sessions,
    kept,
    preferences,
    public,
    scheduling,
    visits,
    waiting,
    mailed,
    questionnaires,
    sent_forms,
    specialist,
    privacy,
    desk,
    tasks,
    joining,
    administration,
    audit,
)

DEMO_BLUEPRINTS: tuple[Blueprint, ...] = (demo,)
"""Only the demo clinic has these; elsewhere their addresses do not exist."""
