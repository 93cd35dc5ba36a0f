"""The instruments say what was published, word for word and in order: whoever changes one makes a new version of it."""

from __future__ import annotations

import pytest

from booking.core.questionnaires.definition import ItemType, walk
from booking.core.questionnaires.library import SHIPPED

LEAD = "Over the last 2 weeks, how often have you been bothered by any of the following problems?"
FREQUENCY = {
    "LA6568-5": "Not at all",
    "LA6569-3": "Several days",
    "LA6570-1": "More than half the days",
    "LA6571-9": "Nearly every day",
}
YES_NO = {"LA33-6": "Yes", "LA32-8": "No"}
PHQ_2 = {
    "44250-9": "Little interest or pleasure in doing things",
    "44255-8": "Feeling down, depressed, or hopeless",
}
PHQ_9 = PHQ_2 | {
    "44259-0": "Trouble falling or staying asleep, or sleeping too much",
    "44254-1": "Feeling tired or having little energy",
    "44251-7": "Poor appetite or overeating",
    "44258-2": "Feeling bad about yourself – or that you are a failure or have let yourself or your family down",
    "44252-5": "Trouble concentrating on things, such as reading the newspaper or watching television",
    "44253-3": "Moving or speaking so slowly that other people could have noticed? Or the opposite – being so fidgety "
    "or restless that you have been moving around a lot more than usual",
    "44260-8": "Thoughts that you would be better off dead or of hurting yourself in some way",
}
DIFFICULTY = (
    "If you checked off any problems, how difficult have these problems made it for you to do your work, take care of "
    "things at home, or get along with other people?"
)
GAD_7 = {
    "69725-0": "Feeling nervous, anxious, or on edge",
    "68509-9": "Not being able to stop or control worrying",
    "69733-4": "Worrying too much about different things",
    "69734-2": "Trouble relaxing",
    "69735-9": "Being so restless that it is hard to sit still",
    "69689-8": "Becoming easily annoyed or irritable",
    "69736-7": "Feeling afraid, as if something awful might happen",
}
GATE = {"102011-4": "Have you ever experienced this kind of event?"}
PTSD = {
    "102012-2": "had nightmares about the event(s) or thought about the event(s) when you did not want to?",
    "102013-0": "tried hard not to think about the event(s) or went out of your way to avoid situations that reminded "
    "you of the event(s)?",
    "102014-8": "been constantly on guard, watchful, or easily startled?",
    "102015-5": "felt numb or detached from people, activities, or your surroundings?",
    "102016-3": "felt guilty or unable to stop blaming yourself or others for the event(s) or any problems the "
    "event(s) may have caused?",
}
DRINKS = {
    "68518-0": "How often do you have a drink containing alcohol?",
    "68519-8": "How many standard drinks containing alcohol do you have on a typical day when drinking?",
    "68520-6": "How often do you have six or more drinks on one occasion?",
}
TEXTS: dict[str, dict[str, str]] = {
    "phq-2": PHQ_2,
    "phq-9": PHQ_9 | {"69722-7": DIFFICULTY},
    "gad-7": GAD_7,
    "pc-ptsd-5": GATE | PTSD,
    "audit-c": DRINKS,
}


@pytest.mark.parametrize(("code", "texts"), TEXTS.items())
def test_questions_have_their_published_words_and_codes(code: str, texts: dict[str, str]) -> None:
    questions = SHIPPED.latest(code).questions
    assert list({q.link_id: q.text for q in questions}.items()) == list(texts.items())
    assert [q.code.code for q in questions if q.code] == list(texts)


OPTIONS: dict[str, dict[str, str]] = {
    **dict.fromkeys((*PHQ_9, *GAD_7), FREQUENCY),
    **dict.fromkeys((*GATE, *PTSD), YES_NO),
    "69722-7": {
        "LA6572-7": "Not difficult at all",
        "LA6573-5": "Somewhat difficult",
        "LA6575-0": "Very difficult",
        "LA6574-3": "Extremely difficult",
    },
    "68518-0": {
        "LA6270-8": "Never",
        "LA18926-8": "Monthly or less",
        "LA18927-6": "2–4 times a month",
        "LA18928-4": "2–3 times a week",
        "LA18929-2": "4 or more times a week",
    },
    "68519-8": {
        "LA15694-5": "1 or 2",
        "LA15695-2": "3 or 4",
        "LA18930-0": "5 or 6",
        "LA18931-8": "7 to 9",
        "LA18932-6": "10 or more",
    },
    "68520-6": {
        "LA6270-8": "Never",
        "LA18933-4": "Less than monthly",
        "LA18876-5": "Monthly",
        "LA18891-4": "Weekly",
        "LA18934-2": "Daily or almost daily",
    },
}


@pytest.mark.parametrize("code", TEXTS)
def test_answers_have_their_published_words_and_codes(code: str) -> None:
    found = {q.link_id: {o.code: o.label for o in q.options} for q in SHIPPED.latest(code).questions}
    assert found == {link_id: OPTIONS[link_id] for link_id in TEXTS[code]}
    systems = {o.coding.system for q in SHIPPED.latest(code).questions for o in q.options}
    assert systems == {"http://loinc.org"}


@pytest.mark.parametrize("code", ["phq-2", "phq-9", "gad-7"])
def test_the_lead_stands_above_every_item(code: str) -> None:
    lead = SHIPPED.latest(code).items[0]
    assert lead.text == LEAD
    assert {q.link_id for q in walk([lead]) if q.is_question} == TEXTS[code].keys() - {"69722-7"}


def test_the_kind_of_event_is_told_before_it_is_asked_about() -> None:
    intro, gate, items = SHIPPED.latest("pc-ptsd-5").items
    assert intro.type is ItemType.DISPLAY
    assert intro.text == (
        "Sometimes things happen to people that are unusually or especially frightening, horrible, or traumatic. For "
        "example: a serious accident or fire; a physical or sexual assault or abuse; an earthquake or flood; a war; "
        "seeing someone be killed or seriously injured; having a loved one die through homicide or suicide."
    )
    assert (gate.text, items.text) == (*GATE.values(), "In the past month, have you …")
