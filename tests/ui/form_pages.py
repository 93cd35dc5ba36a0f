"""Ways to the pages on the clinic's own forms: the list, bringing one along, the editor and the preview."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.ui import steps
from tests.ui.people import FAY
from tests.ui.stage import Stage
from tests.ui.ways import add, at, shows

add("forms_of_the_clinic", "administration.forms", "/admin/forms", by=FAY)
add("a_form_to_bring_along", "administration.import_form", "/admin/forms/import", by=FAY)
add("a_new_form", "administration.new_form", "/admin/forms/new", by=FAY)


@shows("administration.own_form")
def a_draft_of_a_form(stage: Stage) -> Page:
    """Adapted from one of ours."""
    page = at("/admin/forms/new", by=FAY)(stage)
    page.locator("#title").fill("What you hope for, with us")
    page.locator("#origin").select_option("goals")
    steps.press(page, "Make it")
    page.get_by_role("heading", name="What is in it").wait_for()
    return page


def _from_the_draft(stage: Stage, path: str) -> Page:
    page = a_draft_of_a_form(stage)
    page.goto(page.url + path)
    return page


@shows("administration.form_head")
def title_of_a_form(stage: Stage) -> Page:
    return _from_the_draft(stage, "/title")


@shows("administration.add_form_item")
def an_item_with_errors(stage: Stage) -> Page:
    page = _from_the_draft(stage, "/items/add")
    page.locator("#options").fill("Only one")
    steps.press(page, "Save")
    page.locator("#error-summary").wait_for()
    return page


@shows("administration.form_item")
def an_item_of_a_form(stage: Stage) -> Page:
    return _from_the_draft(stage, "/items/goal-now")


@shows("administration.preview_form")
def a_form_as_on_a_phone(stage: Stage) -> Page:
    return _from_the_draft(stage, "/preview")


@shows("administration.publish_form")
def before_a_form_goes_live(stage: Stage) -> Page:
    return _from_the_draft(stage, "/publish")


@shows("administration.import_form")
def a_pasted_form_with_mistakes(stage: Stage) -> Page:
    page = at("/admin/forms/import", by=FAY)(stage)
    page.locator("#text").fill('{"resourceType": "Questionnaire", "item": []}')
    steps.press(page, "Check and keep it")
    page.get_by_role("alert").first.wait_for()
    return page
