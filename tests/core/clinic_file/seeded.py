"""The table of seeded mistakes: what to replace in the sample, and what must be found there."""

from __future__ import annotations

from collections.abc import Sequence

from tests.core.clinic_file.sample import MARK, SAMPLE

QUAY_SPANS = 'spans = ["09:00-12:00", "13:00-17:00"]'
EXCEPTION_SPANS = 'spans = ["09:00-10:00", "10:00-11:00"]'
NEEDS = 'needs = ["specialist", "2 lanes of rooms"]'
ROOM_DAY = ' days = ["mon"], spans = ["08:00-18:00"], location = '
AT_START = '[[services.segments]]\nname = "Hello"\nminutes = 1\n'

# What to replace in the sample, by what, and the path and code of the one mistake; its line is marked.
SEEDED = {
    "unknown format": ("format = 1", f"format = 2 {MARK}", "format", "unknown_format"),
    "unknown section": ("[[closures]]", f"[[closure]] {MARK}", "closure", "unknown_key"),
    "unknown key": ('crisis_line = "988"', f'crisis_line = "988"\nfax = "1" {MARK}', "clinic.fax", "unknown_key"),
    "number for tables": (
        "lanes = 2\n",
        f"lanes = 2\nexceptions = 3 {MARK}\n",
        "resources[1].exceptions",
        "wrong_type",
    ),
    "number for a table": (
        "lanes = 2\n",
        f"lanes = 2\nexceptions = [3] {MARK}\n",
        "resources[1].exceptions[0]",
        "wrong_type",
    ),
    "missing name": ('# quay\ncode = "quay"\nname = "Quay"', f'{MARK}\ncode = "quay"', "locations[0].name", "missing"),
    "empty name": ('name = "Quay"', f'name = " " {MARK}', "locations[0].name", "empty"),
    "number for text": ('name = "Quay"', f"name = 7 {MARK}", "locations[0].name", "wrong_type"),
    "fraction for text": ('name = "Quay"', f"name = 0.5 {MARK}", "locations[0].name", "wrong_type"),
    "long name": ('name = "Quay"', f'name = "{"q" * 201}" {MARK}', "locations[0].name", "too_long"),
    "line break in a name": ('name = "Quay"', f'name = "Qu\\nay" {MARK}', "locations[0].name", "control_characters"),
    "control character in prose": (
        'summary = "A visit."',
        f'summary = "A\\u0007" {MARK}',
        "services[0].summary",
        "control_characters",
    ),
    "bad code": ('code = "visit"', f'code = "A visit" {MARK}', "services[0].code", "bad_code"),
    "long code": ('code = "visit"', f'code = "{"v" * 65}" {MARK}', "services[0].code", "bad_code"),
    "missing code": ('[[services]]\ncode = "visit"', f"[[services]] {MARK}", "services[0].code", "missing"),
    "duplicate code": (
        "[[resources]] # room",
        f'[[resources]]\ncode = "dr-cruz" {MARK}\nkind = "device"\nname = "Lamp"\n\n[[resources]]',
        "resources[1].code",
        "duplicate_code",
    ),
    "unknown zone": ("America/New_York", f'America/New_Yrok" {MARK} "', "locations[0].time_zone", "unknown_zone"),
    "phone of letters": ('"(904) 555-0100"', f'"call us" {MARK}', "clinic.phone", "bad_phone"),
    "phone too short": ('"(904) 555-0101"', f'"911" {MARK}', "locations[0].phone", "bad_phone"),
    "phone too long": ('"988"', f'"9888 8888 8888 8888" {MARK}', "clinic.crisis_line", "bad_phone"),
    "phone of spaces": ('"988"', f'"98{" " * 40}8" {MARK}', "clinic.crisis_line", "too_long"),
    "email": ("desk@example.org", f'desk@example" {MARK} "', "clinic.email", "bad_email"),
    "language": ('["en", "es"]', f'["en", "Spanish!"] {MARK}', "resources[0].languages[1]", "bad_language"),
    "language twice": ('["en", "es"]', f'["en", "en"] {MARK}', "resources[0].languages[1]", "duplicate_value"),
    "flag in quotes": ("# bay\n", f'\nstep_free = "no" {MARK}\n', "locations[1].step_free", "wrong_type"),
    "unknown kind": ('kind = "room"', f'kind = "rooom" {MARK}', "resources[1].kind", "unknown_choice"),
    "kind of another type": ('kind = "room"', f"kind = true {MARK}", "resources[1].kind", "wrong_type"),
    "too many lanes": ("lanes = 2\n", f"lanes = 100 {MARK}\n", "resources[1].lanes", "out_of_range"),
    "video room without https": (
        '["en", "es"]',
        f'["en", "es"]\nvideo_url = "http://video.example.org/cruz" {MARK}',
        "resources[0].video_url",
        "bad_address",
    ),
    "video room with a space": (
        '["en", "es"]',
        f'["en", "es"]\nvideo_url = "https://video.example.org/dr cruz" {MARK}',
        "resources[0].video_url",
        "bad_address",
    ),
    "video room of a room": (
        "lanes = 2\n",
        f'lanes = 2\nvideo_url = "https://video.example.org/1" {MARK}\n',
        "resources[1].video_url",
        "video_room_of_other",
    ),
    "unknown audience": (
        'audience = "anyone"',
        f'audience = "verifed" {MARK}',
        "services[0].audience",
        "unknown_choice",
    ),
    "change notice in words": (
        "cancel_notice = 30",
        f'cancel_notice = 30\nchange_notice = "soon" {MARK}',
        "services[0].change_notice",
        "bad_duration",
    ),
    "limit as a number": (
        "horizon_days = 60",
        f"horizon_days = 60\nvisit_limit = 2 {MARK}",
        "services[0].visit_limit",
        "wrong_type",
    ),
    "limit without days": (
        "horizon_days = 60",
        f"horizon_days = 60\nvisit_limit = {{ count = 2 }} {MARK}",
        "services[0].visit_limit.days",
        "missing",
    ),
    "limit of none": (
        "horizon_days = 60",
        f"horizon_days = 60\nvisit_limit = {{ count = 0, days = 7 }} {MARK}",
        "services[0].visit_limit.count",
        "out_of_range",
    ),
    "limit with more": (
        "horizon_days = 60",
        f"horizon_days = 60\nvisit_limit = {{ count = 1, days = 7, hours = 1 }} {MARK}",
        "services[0].visit_limit.hours",
        "unknown_key",
    ),
    "gap of less than a day": (
        "horizon_days = 60",
        f"horizon_days = 60\nmin_gap_days = -1 {MARK}",
        "services[0].min_gap_days",
        "out_of_range",
    ),
    "contact in words": (
        "horizon_days = 60",
        f'horizon_days = 60\ncontact_to_book = "yes" {MARK}',
        "services[0].contact_to_book",
        "wrong_type",
    ),
    "language of a service": (
        "horizon_days = 60",
        f'horizon_days = 60\nlanguages = ["en", "Spanish!"] {MARK}',
        "services[0].languages[1]",
        "bad_language",
    ),
    "turnover at the start": (
        "[[services.segments]] # talk\n",
        f"[[services.segments]] {MARK}\nwith_patient = false\n",
        "services[0].segments",
        "no_patient_at_start",
    ),
    "true as number": ("horizon_days = 60", f"horizon_days = true {MARK}", "services[0].horizon_days", "wrong_type"),
    "huge number": (
        "horizon_days = 60",
        f"horizon_days = 0x{'f' * 5000} {MARK}",
        "services[0].horizon_days",
        "out_of_range",
    ),
    "reserved pool": (
        'pools = ["rooms"]',
        f'pools = ["rooms", "specialist"] {MARK}',
        "resources[1].pools[1]",
        "reserved_pool",
    ),
    "bad pool": ('pools = ["rooms"]', f'pools = ["rooms", "My"] {MARK}', "resources[1].pools[1]", "bad_code"),
    "no days": ('days = ["mon", "tue"]', f"days = [] {MARK}", "resources[0].hours[0].days", "empty"),
    "unknown day": (
        'days = ["mon", "tue"]',
        f'days = ["mon", "tues"] {MARK}',
        "resources[0].hours[0].days[1]",
        "unknown_choice",
    ),
    "no spans": (
        f'# quay hours\nlocation = "quay"\ndays = ["mon", "tue"]\n{QUAY_SPANS}',
        f'{MARK}\nlocation = "quay"\ndays = ["mon"]',
        "resources[0].hours[0].spans",
        "missing",
    ),
    "span of words": (QUAY_SPANS, f'spans = ["all day"] {MARK}', "resources[0].hours[0].spans[0]", "bad_span"),
    "span to 25:00": (QUAY_SPANS, f'spans = ["09:00-25:00"] {MARK}', "resources[0].hours[0].spans[0]", "bad_span"),
    "span from 24:00": (QUAY_SPANS, f'spans = ["24:00-+02:00"] {MARK}', "resources[0].hours[0].spans[0]", "bad_span"),
    "minute 60": (QUAY_SPANS, f'spans = ["09:60-17:00"] {MARK}', "resources[0].hours[0].spans[0]", "bad_span"),
    "span backwards": (
        QUAY_SPANS,
        f'spans = ["17:00-09:00"] {MARK}',
        "resources[0].hours[0].spans[0]",
        "span_backwards",
    ),
    "empty span": (QUAY_SPANS, f'spans = ["09:00-09:00"] {MARK}', "resources[0].hours[0].spans[0]", "span_backwards"),
    "span of another type": (QUAY_SPANS, f"spans = [09:00:00] {MARK}", "resources[0].hours[0].spans[0]", "wrong_type"),
    "spans overlap on a day": (
        QUAY_SPANS,
        f'spans = [\n"09:00-12:00",\n"11:59-17:00", {MARK}\n]',
        "resources[0].hours[0].spans[1]",
        "spans_overlap",
    ),
    "exception overlaps itself": (
        EXCEPTION_SPANS,
        f'spans = ["09:00-10:00", "09:59-11:00"] {MARK}',
        "resources[0].exceptions[0].spans[1]",
        "spans_overlap",
    ),
    "second exception of a date": (
        EXCEPTION_SPANS,
        f'\n[[resources.exceptions]] {MARK}\nlocation = "quay"\non = 2026-12-23',
        "resources[0].exceptions[1]",
        "duplicate_exception",
    ),
    "exception without date": (
        '[[resources.exceptions]]\nlocation = "quay"\non = 2026-12-23',
        f'[[resources.exceptions]] {MARK}\nlocation = "quay"',
        "resources[0].exceptions[0].on",
        "missing",
    ),
    "validity backwards": (
        "valid_to = 2027-12-31",
        f"valid_to = 2025-12-31 {MARK}",
        "resources[0].hours[0].valid_to",
        "dates_backwards",
    ),
    "instant for a date": (
        "valid_to = 2027-12-31",
        f"valid_to = 2027-12-31T10:00:00 {MARK}",
        "resources[0].hours[0].valid_to",
        "wrong_type",
    ),
    "year out of reach": (
        "valid_to = 2027-12-31",
        f"valid_to = 9999-12-31 {MARK}",
        "resources[0].hours[0].valid_to",
        "out_of_range",
    ),
    "closure backwards": ("to = 2027-03-02", f"to = 2027-02-28 {MARK}", "closures[0].to", "dates_backwards"),
    "closure without date": (
        '[[closures]]\nname = "Inventory"\nlocation = "bay"\nfrom = 2027-03-01\nto = 2027-03-02',
        f'[[closures]] {MARK}\nname = "Inventory"',
        "closures[0].from",
        "missing",
    ),
    "closure of nowhere": ('location = "bay"', f'location = "bey" {MARK}', "closures[0].location", "unknown_location"),
    "hours at nowhere": (
        '[[resources.hours]] # room hours\nlocation = "quay"\ndays = ["mon"]\nspans = ["08:00-18:00"]',
        f'hours = [\n{{{ROOM_DAY}"quay" }},\n{{{ROOM_DAY}"key" }}, {MARK}\n]'.replace('["mon"]', '["tue"]', 1),
        "resources[1].hours[1].location",
        "unknown_location",
    ),
    "block without resource": (
        '[[blocks]] # painting\nresource = "room-1"',
        f"[[blocks]] {MARK}",
        "blocks[1].resource",
        "missing",
    ),
    "unknown mode": ('mode = "in_person"', f'mode = "telepathy" {MARK}', "services[0].mode", "unknown_choice"),
    "bad notice": ('"2 hours"', f'"two hours" {MARK}', "services[0].book_notice", "bad_duration"),
    "notice of years": ('"2 hours"', f'"60 weeks" {MARK}', "services[0].book_notice", "bad_duration"),
    "negative notice": (
        "cancel_notice = 30",
        f"cancel_notice = -1 {MARK}",
        "services[0].cancel_notice",
        "out_of_range",
    ),
    "notice of another type": (
        "cancel_notice = 30",
        f"cancel_notice = 1.5 {MARK}",
        "services[0].cancel_notice",
        "wrong_type",
    ),
    "uneven grid": ("grid_minutes = 15", f"grid_minutes = 7 {MARK}", "services[0].grid_minutes", "bad_grid"),
    "no locations": ('locations = ["quay"]', f"locations = [] {MARK}", "services[0].locations", "empty"),
    "empty preparation": ('["Bring your medicines."]', f'["", "Come."] {MARK}', "services[0].preparation[0]", "empty"),
    "unknown questionnaire": ('["peg"]', f'["pegg"] {MARK}', "services[0].questionnaires[0]", "unknown_questionnaire"),
    "empty questionnaire": ('["peg"]', f'[""] {MARK}', "services[0].questionnaires[0]", "empty"),
    "questionnaire of another type": ('["peg"]', f"[1] {MARK}", "services[0].questionnaires[0]", "wrong_type"),
    "questionnaire twice": (
        '["peg"]',
        f'["peg", {{ form = "peg" }}] {MARK}',
        "services[0].questionnaires[1].form",
        "duplicate_value",
    ),
    "bad moment": (
        '["peg"]',
        f'[{{ form = "peg", due = "yesterday" }}] {MARK}',
        "services[0].questionnaires[0].due",
        "bad_moment",
    ),
    "empty moment": (
        '["peg"]',
        f'[{{ form = "peg", due = "" }}] {MARK}',
        "services[0].questionnaires[0].due",
        "empty",
    ),
    "due before it opens": (
        '["peg"]',
        f'[{{ form = "peg", opens = "1 day after" }}] {MARK}',
        "services[0].questionnaires[0].opens",
        "form_due_too_early",
    ),
    "unknown specialist": ('["dr-cruz"]', f'["dr-crux"] {MARK}', "services[0].specialists[0]", "unknown_specialist"),
    "room as specialist": (
        '["dr-cruz"]',
        f'["dr-cruz", "room-1"] {MARK}',
        "services[0].specialists",
        "not_a_specialist",
    ),
    "unknown pool": (
        NEEDS,
        f'needs = ["specialist", "roms"] {MARK}',
        "services[0].segments[0].needs[1]",
        "unknown_pool",
    ),
    "bad need": (NEEDS, f'needs = ["a room please"] {MARK}', "services[0].segments[0].needs[0]", "bad_need"),
    "no lanes needed": (NEEDS, f'needs = ["0 lanes of rooms"] {MARK}', "services[0].segments[0].needs[0]", "bad_need"),
    "need twice": (
        NEEDS,
        f'needs = ["rooms", "2 lanes of rooms"] {MARK}',
        "services[0].segments[0].needs[1]",
        "repeated_need",
    ),
    "no minutes": (
        "minutes = 30\nneeds",
        f"minutes = 0 {MARK}\nneeds",
        "services[0].segments[0].minutes",
        "out_of_range",
    ),
    "negative offset": (
        "offset_minutes = 30",
        f"offset_minutes = -5 {MARK}",
        "services[0].segments[1].offset_minutes",
        "out_of_range",
    ),
    "gap": (
        '# rest\nname = "Rest"\noffset_minutes = 30',
        f'{MARK}\nname = "Rest"\noffset_minutes = 31',
        "services[0].segments[1]",
        "segment_gap",
    ),
    "late start": (
        "[[services.segments]] # talk",
        f"[[services.segments]] {MARK}\noffset_minutes = 5",
        "services[0].segments",
        "no_segment_at_start",
    ),
    "endless visit": (
        '[[services.segments]] # talk\nname = "Talk"\nminutes = 30\n',
        f'[[services.segments]] {MARK}\nname = "Talk"\noffset_minutes = 1\nminutes = 1440\n{AT_START}',
        "services[0].segments",
        "out_of_range",
    ),
    "block of nothing": (
        'resource = "room-1"',
        f'resource = "room-9" {MARK}',
        "blocks[1].resource",
        "unknown_resource",
    ),
    "block without offset": (
        "from = 2027-01-04T08:00:00Z",
        f"from = 2027-01-04T08:00:00 {MARK}",
        "blocks[1].from",
        "no_offset",
    ),
    "block from a date": ("from = 2027-01-04T08:00:00Z", f"from = 2027-01-04 {MARK}", "blocks[1].from", "wrong_type"),
    "block of the year 1": (
        "from = 2027-01-04T08:00:00Z",
        f"from = 0001-01-01T00:00:00+05:00 {MARK}",
        "blocks[1].from",
        "out_of_range",
    ),
    "block backwards": (
        "to = 2027-01-09T00:00:00Z",
        f"to = 2027-01-04T08:00:00Z {MARK}",
        "blocks[1].to",
        "instants_backwards",
    ),
    "syntax": ('name = "Quay"', f"name = Quay {MARK}", "", "syntax"),
}


# Twenty-five of them that can stand in one file without touching each other.
TOGETHER = (
    "unknown format",
    "unknown key",
    "phone of letters",
    "email",
    "missing name",
    "phone too short",
    "unknown zone",
    "flag in quotes",
    "closure of nowhere",
    "closure backwards",
    "language",
    "span backwards",
    "validity backwards",
    "exception overlaps itself",
    "bad pool",
    "too many lanes",
    "missing code",
    "unknown mode",
    "bad notice",
    "huge number",
    "negative notice",
    "uneven grid",
    "unknown questionnaire",
    "unknown pool",
    "block backwards",
)


def spoiled_together(names: Sequence[str]) -> str:
    """The sample with all of these mistakes in it."""
    text = SAMPLE
    for name in names:
        old, new, _, _ = SEEDED[name]
        text = text.replace(old, new)
    return text
