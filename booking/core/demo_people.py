"""The invented people of the demo clinic: always the same, so that a demo can be told about and tested.

All telephone numbers are from 555-0100 to 555-0199, which are kept free for fiction; all addresses are at example.org.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final
from unicodedata import normalize

PATIENT_COUNT: Final = 320
_SEED: Final = "the people of Port Ellery and Carrow Bay"
_AREA_CODES: Final = ("904", "850", "386", "352", "321")
_GIVEN_NAMES: Final = (
    "Abigail Adaeze Ahmed Aisha Alejandro Alice Amara Amir Anders Angela Anita Arjun Astrid Beatriz Bernard Bich "
    "Bruno Camila Carlos Caroline Charles Chidi Claire Clara Daniel Deborah Diego Dolores Edith Elena Elias Emeka "
    "Emily Eric Esther Fatima Felix Florence Francisco Gabriela George Gloria Grace Hana Harold Hassan Helen Hugo "
    "Ibrahim Ines Irene Isaac Ivan James Jasmine Jean Joana John José Josephine Joy Julia Kamala Karim Katherine "
    "Kenji Kwame Lan Laura Leon Lila Linda Lorenzo Lucy Malik Margaret Maria Martin Mei Michael Miriam Mohamed "
    "Nadia Naomi Nguyet Nina Noah Olga Omar Patricia Paul Priya Rafael Rebecca Renée Robert Rosa Ruth Samira Sandra "
    "Sean Sofia Stefan Susan Tariq Teresa Thomas Tuan Vera Victor Wanda William Yara Yusuf Zoë"
)
_FAMILY_NAMES: Final = (
    "Abdi Acosta Adeyemi Ali Alvarez Andersen Baker Banerjee Baptiste Barnes Bello Bennett Bianchi Brooks Campbell "
    "Carter Castro Chen Cohen Coleman Collins Costa Cruz Dang Davis Delgado Desai Diallo Dubois Edwards Eriksen "
    "Evans Farah Fernandez Fischer Flores Foster Garcia Gonzalez Grant Greene Gupta Haile Hansen Harris Hayes "
    "Hernandez Hoang Hughes Hussein Ivanova Jackson Jensen Johnson Joseph Kaplan Keller Khan Kim Kowalski Lam "
    "Larsen Lee Levy Lewis Lopez Mahmoud Martinez Mbeki Mendoza Mitchell Moore Morales Müller Murphy Nakamura "
    "Nelson Ng Nguyen Novak Nwosu Núñez Ochoa Oliveira Ortiz Osei Owens Palmer Park Patel Perez Peterson Pham "
    "Pierre Quinn Ramirez Reed Rivera Roberts Rossi Russell Saito Salazar Santos Schmidt Shah Silva Singh Smith "
    "Stewart Suarez Sullivan Tanaka Taylor Tesfaye Thompson Torres Turner Vargas Vega Vu Walker Watson Weber White "
    "Williams Wong Wright Yilmaz Young Zhang"
)


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """An invented patient. `email` is None for those without one; couples share family name, phone and address."""

    given_name: str
    family_name: str
    born_on: date
    phone: str
    email: str | None


def demo_patients() -> tuple[DemoPatient, ...]:
    """All invented patients, always the same ones in the same order; no two share both names."""
    random = Random(_SEED)  # noqa: S311 - invented people need no secrecy, only repeatability.
    names = [(given, family) for family in _FAMILY_NAMES.split() for given in _GIVEN_NAMES.split()]
    pairs = random.sample(names, PATIENT_COUNT)
    patients: list[DemoPatient] = []
    for index, (given, family) in enumerate(pairs):
        patients.append(_patient(random, given, family, patients[-1] if index % 16 == 15 else None))
    return tuple(patients)


def _patient(random: Random, given: str, family: str, partner: DemoPatient | None) -> DemoPatient:
    born_on = date(random.randint(1938, 2005), 1, 1) + timedelta(days=random.randrange(365))
    phone = f"({random.choice(_AREA_CODES)}) 555-01{random.randrange(100):02d}"
    email = None if random.random() < 0.15 else f"{_plain(given)}.{_plain(family)}@example.org"
    if partner is not None:
        return DemoPatient(given, partner.family_name, born_on, partner.phone, partner.email)
    return DemoPatient(given, family, born_on, phone, email)


def _plain(name: str) -> str:
    """The name in the letters that any mail server takes."""
    return normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
