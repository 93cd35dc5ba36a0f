"""What can be wrong with a clinic file: each mistake with its place, a stable code and an English sentence.

The sentences are for administrators on the command line; everything else should look at the codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from booking.core.errors import BookingError

Path = tuple[str | int, ...]

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "syntax": "This is not valid TOML: {reason}.",
        "not_utf8": "This is not UTF-8 text.",
        "too_big": "The file is bigger than {most} MB; a clinic file is not.",
        "too_deep": "The file is nested too deeply to be a clinic file.",
        "unknown_format": "Format {value} is unknown; this program reads format 1.",
        "unknown_key": "There is no key {value} here.",
        "missing": "The key {value} is missing.",
        "wrong_type": "Expected {expected}, found {found}.",
        "empty": "This must not be empty.",
        "too_long": "This has {length} characters; at most {most} are allowed.",
        "control_characters": "Line breaks and control characters are not allowed here.",
        "bad_code": "{value} is no code: use lower-case letters, digits and single hyphens, at most 64 characters.",
        "duplicate_code": "The code {value} is already used by {first}.",
        "duplicate_value": "{value} is listed twice.",
        "unknown_choice": "{value} is not one of {choices}.",
        "out_of_range": "{value} is not between {least} and {most}.",
        "unknown_zone": "{value} is no time zone; write an IANA name such as America/New_York.",
        "bad_phone": "{value} does not look like a phone number.",
        "bad_email": "{value} does not look like an e-mail address.",
        "bad_language": "{value} is no language code; write one such as en, es or pt-BR.",
        "bad_address": "{value} is no address of a web page that begins with https://.",
        "video_room_of_other": "Only a specialist has a video room.",
        "bad_span": "{value} is no span of hours; write 09:00-17:00, 13:00-24:00, or 20:00-+06:00 for the next day.",
        "span_backwards": "{value} does not end after it starts; if it ends on the next day, write 20:00-+06:00.",
        "spans_overlap": "These hours overlap with {other}.",
        "duplicate_exception": "There is already an exception for {value} at {location}.",
        "dates_backwards": "{ends} is before {starts}.",
        "no_offset": "An instant needs its offset from UTC, as in 2026-12-01T09:00:00-05:00.",
        "instants_backwards": "The block does not end after it starts.",
        "bad_duration": "{value} is no length of time up to a year; write a number of minutes, or text like 2 hours.",
        "bad_moment": "{value} is no time around a visit; write 3 days before, 1 day after or 2 hours before, 90 days "
        "away at most.",
        "form_due_too_early": "This form would be due before it opens.",
        "bad_grid": "{value} minutes do not divide a day of 1440 minutes.",
        "bad_need": "{value} is no need; write specialist, the code of a pool, or 2 lanes of a-pool.",
        "repeated_need": "{value} is needed twice; write 2 lanes of a-pool to take more lanes of one resource.",
        "reserved_pool": "A pool cannot be called specialist: in a segment that word means the chosen specialist.",
        "no_segment_at_start": "No segment starts at minute 0.",
        "no_patient_at_start": "No segment with the patient starts at minute 0; for work before, use a buffer.",
        "segment_gap": "Nothing is planned from minute {starts} to {ends}; add a segment (it may need nothing).",
        "unknown_location": "There is no location {value}.",
        "unknown_resource": "There is no resource {value}.",
        "unknown_specialist": "There is no specialist {value}.",
        "unknown_pool": "No resource belongs to a pool {value}.",
        "unknown_questionnaire": "There is no questionnaire {value}.",
        "not_a_specialist": "{value} is a {kind}, not a specialist.",
        "pool_without_members": "No active resource belongs to the pool {value}.",
        "no_specialist": "No active specialist who may give this service works at {location}.",
        "no_pool_member": "No active resource of the pool {pool} works at {location} with {lanes} lanes or more.",
    }
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: `path` as in `services[2].segments[0].minutes` ("" = the whole file), `line` from 1 where known."""

    path: str
    line: int | None
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is wrong, in English, with a suggestion where there is a near miss."""
        said = SENTENCES[self.code].format_map(self.params)
        suggestion = self.params.get("suggestion")
        return f"{said} Did you mean {suggestion}?" if suggestion else said

    def __str__(self) -> str:
        places = ([f"line {self.line}"] if self.line else []) + ([self.path] if self.path else [])
        return ": ".join([*places, self.sentence])


class ClinicFileRefused(BookingError):
    """The clinic file has mistakes; `mistakes` lists all of them in the order of the file. Nothing was loaded."""

    code = "clinic_file_refused"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__()
        self.mistakes = tuple(mistakes)


def written(path: Path) -> str:
    """The path as people read it: names joined by dots, positions from 0 in brackets."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".")
