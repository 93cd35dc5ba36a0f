"""What can be wrong with a clinic, in the words of `clinic load`, for translation.

The same English as `core/clinic_file/mistakes.py`, which a test compares; that file is for the command line.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, gettext, lazy_gettext

from booking.core.clinic_file.mistakes import Mistake

WORDS: Mapping[str, LazyString] = {
    "syntax": lazy_gettext("This is not valid TOML: %(reason)s."),
    "not_utf8": lazy_gettext("This is not UTF-8 text."),
    "too_big": lazy_gettext("The file is bigger than %(most)s MB; a clinic file is not."),
    "too_deep": lazy_gettext("The file is nested too deeply to be a clinic file."),
    "unknown_format": lazy_gettext("Format %(value)s is unknown; this program reads format 1."),
    "unknown_key": lazy_gettext("There is no key %(value)s here."),
    "missing": lazy_gettext("The key %(value)s is missing."),
    "wrong_type": lazy_gettext("Expected %(expected)s, found %(found)s."),
    "empty": lazy_gettext("This must not be empty."),
    "too_long": lazy_gettext("This has %(length)s characters; at most %(most)s are allowed."),
    "control_characters": lazy_gettext("Line breaks and control characters are not allowed here."),
    "bad_code": lazy_gettext(
        "%(value)s is no code: use lower-case letters, digits and single hyphens, at most 64 characters."
    ),
    "duplicate_code": lazy_gettext("The code %(value)s is already used by %(first)s."),
    "duplicate_value": lazy_gettext("%(value)s is listed twice."),
    "unknown_choice": lazy_gettext("%(value)s is not one of %(choices)s."),
    "out_of_range": lazy_gettext("%(value)s is not between %(least)s and %(most)s."),
    "unknown_zone": lazy_gettext("%(value)s is no time zone; write an IANA name such as America/New_York."),
    "bad_phone": lazy_gettext("%(value)s does not look like a phone number."),
    "bad_email": lazy_gettext("%(value)s does not look like an e-mail address."),
    "bad_language": lazy_gettext("%(value)s is no language code; write one such as en, es or pt-BR."),
    "bad_address": lazy_gettext("%(value)s is no address of a web page that begins with https://."),
    "video_room_of_other": lazy_gettext("Only a specialist has a video room."),
    "bad_span": lazy_gettext(
        "%(value)s is no span of hours; write 09:00-17:00, 13:00-24:00, or 20:00-+06:00 for the next day."
    ),
    "span_backwards": lazy_gettext(
        "%(value)s does not end after it starts; if it ends on the next day, write 20:00-+06:00."
    ),
    "spans_overlap": lazy_gettext("These hours overlap with %(other)s."),
    "duplicate_exception": lazy_gettext("There is already an exception for %(value)s at %(location)s."),
    "dates_backwards": lazy_gettext("%(ends)s is before %(starts)s."),
    "no_offset": lazy_gettext("An instant needs its offset from UTC, as in 2026-12-01T09:00:00-05:00."),
    "instants_backwards": lazy_gettext("The block does not end after it starts."),
    "bad_duration": lazy_gettext(
        "%(value)s is no length of time up to a year; write a number of minutes, or text like 2 hours."
    ),
    "bad_moment": lazy_gettext(
        "%(value)s is no time around a visit; write 3 days before, 1 day after or 2 hours before, 90 days away at most."
    ),
    "form_due_too_early": lazy_gettext("This form would be due before it opens."),
    "bad_grid": lazy_gettext("%(value)s minutes do not divide a day of 1440 minutes."),
    "bad_need": lazy_gettext("%(value)s is no need; write specialist, the code of a pool, or 2 lanes of a-pool."),
    "repeated_need": lazy_gettext(
        "%(value)s is needed twice; write 2 lanes of a-pool to take more lanes of one resource."
    ),
    "reserved_pool": lazy_gettext(
        "A pool cannot be called specialist: in a segment that word means the chosen specialist."
    ),
    "no_segment_at_start": lazy_gettext("No segment starts at minute 0."),
    "no_patient_at_start": lazy_gettext(
        "No segment with the patient starts at minute 0; for work before, use a buffer."
    ),
    "segment_gap": lazy_gettext(
        "Nothing is planned from minute %(starts)s to %(ends)s; add a segment (it may need nothing)."
    ),
    "unknown_location": lazy_gettext("There is no location %(value)s."),
    "unknown_resource": lazy_gettext("There is no resource %(value)s."),
    "unknown_specialist": lazy_gettext("There is no specialist %(value)s."),
    "unknown_pool": lazy_gettext("No resource belongs to a pool %(value)s."),
    "unknown_questionnaire": lazy_gettext("There is no questionnaire %(value)s."),
    "not_a_specialist": lazy_gettext("%(value)s is a %(kind)s, not a specialist."),
    "pool_without_members": lazy_gettext("No active resource belongs to the pool %(value)s."),
    "no_specialist": lazy_gettext("No active specialist who may give this service works at %(location)s."),
    "no_pool_member": lazy_gettext(
        "No active resource of the pool %(pool)s works at %(location)s with %(lanes)s lanes or more."
    ),
}


def mistake_sentence(mistake: Mistake) -> str:
    """What is wrong, with a suggestion where there is a near miss."""
    said = str(WORDS[mistake.code]) % mistake.params
    suggestion = mistake.params.get("suggestion")
    return gettext("%(said)s Did you mean %(suggestion)s?", said=said, suggestion=suggestion) if suggestion else said
