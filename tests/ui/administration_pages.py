"""Ways to the pages of administrators."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import Page

from booking.models import Account, LinkAction
from tests.ui import steps
from tests.ui.factor_pages import nia
from tests.ui.people import DORA, FAY
from tests.ui.stage import Stage
from tests.ui.ways import add, at, shows

add("administration", "administration.index", "/admin/", by=FAY)
add("the_clinic_itself", "administration.clinic", "/admin/clinic", by=FAY)
add("a_new_location", "administration.add_location", "/admin/locations/add", by=FAY)
add("a_location", "administration.location", "/admin/locations/lakeview", by=FAY)
add("a_new_resource", "administration.add_resource", "/admin/resources/add", by=FAY)
add("a_resource", "administration.resource", "/admin/resources/dr-adeyemi", by=FAY)
add("a_new_service", "administration.add_service", "/admin/services/add", by=FAY)
add("a_service", "administration.service", "/admin/services/infusion", by=FAY)
add("staff", "administration.people", "/admin/people", by=FAY)
add("an_invitation", "administration.invite", "/admin/people/invite", by=FAY)
add("attempts", "administration.attempts", "/admin/attempts?span=month", by=FAY)
add("safety_answers", "administration.safety", "/admin/safety", by=FAY)
add("periods", "administration.retention", "/admin/retention", by=FAY)


@shows("administration.service")
def a_service_with_errors(stage: Stage) -> Page:
    page = at("/admin/services/infusion", by=FAY)(stage)
    page.locator("#grid_minutes").fill("7")
    page.locator("#segments-0-needs").fill("consluting")
    page.locator("#visit_limit_days").fill("a month")
    steps.press(page, "Save")
    page.locator("#error-summary").wait_for()
    return page


@shows("administration.service")
def a_service_with_visits(stage: Stage) -> Page:
    """Nothing is saved yet: visits of the service are shown first."""
    stage.visit()
    page = at("/admin/services/first-consultation", by=FAY)(stage)
    page.locator("#segments-0-minutes").fill("60")
    steps.send(page, "Save")
    steps.heading(page, "First consultation")
    return page


@shows("administration.person")
def somebody_at_the_clinic(stage: Stage) -> Page:
    with stage.program.session() as session:
        public_id = session.scalar(sa.select(Account.public_id).where(Account.email_key == DORA.email))
    return at(f"/admin/people/{public_id}", by=FAY)(stage)


@shows("administration.second_steps")
def lost_second_steps(stage: Stage) -> Page:
    with stage.program.session() as session:
        public_id = session.get_one(Account, nia(stage)).public_id
    return at(f"/admin/accounts/{public_id}/second-steps", by=FAY)(stage)


add("a_clinic_file", "administration.load_clinic_file", "/admin/clinic-file/load", by=FAY)


@shows("administration.load_clinic_file")
def a_clinic_file_with_mistakes(stage: Stage) -> Page:
    page = at("/admin/clinic-file/load", by=FAY)(stage)
    page.locator("#text").fill("[clinic]\nphone = 12")
    steps.press(page, "Check it")
    page.get_by_role("alert").first.wait_for()
    return page


@shows("administration.load_clinic_file")
def what_a_clinic_file_would_change(stage: Stage) -> Page:
    page = at("/admin/clinic-file/load", by=FAY)(stage)
    present = page.request.get("/admin/clinic-file").text()
    page.locator("#text").fill(present.replace("lanes = 2", "lanes = 1").replace("09:00-12:00", "10:00-12:00"))
    steps.press(page, "Check it")
    steps.heading(page, "What the clinic file would change")
    return page


@shows("joining.join")
def a_first_password(stage: Stage) -> Page:
    return at(stage.link(LinkAction.JOIN_STAFF))(stage)
