"""Names of the sample company's customers: invented, international, and awkward where real names are.

Apostrophes, emoji, right-to-left scripts and letters without a Latin twin are there on purpose. Addresses lie
under `.example` and `example.com`, which nobody owns (RFC 2606).
"""

import re
import unicodedata
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Place:
    """Where an account works: its zone, its offset from UTC in hours, and its days of rest (Monday is 0)."""

    country: str
    region: str
    time_zone: str
    offset: float
    rest: tuple[int, int] = (5, 6)
    currency: str = "USD"


PLACES = (
    Place("US", "AMER", "America/New_York", -5),
    Place("US", "AMER", "America/Chicago", -6),
    Place("US", "AMER", "America/Los_Angeles", -8),
    Place("CA", "AMER", "America/Toronto", -5),
    Place("BR", "AMER", "America/Sao_Paulo", -3),
    Place("MX", "AMER", "America/Mexico_City", -6),
    Place("GB", "EMEA", "Europe/London", 0, currency="GBP"),
    Place("IE", "EMEA", "Europe/Dublin", 0, currency="EUR"),
    Place("DE", "EMEA", "Europe/Berlin", 1, currency="EUR"),
    Place("FR", "EMEA", "Europe/Paris", 1, currency="EUR"),
    Place("SE", "EMEA", "Europe/Stockholm", 1),
    Place("PL", "EMEA", "Europe/Warsaw", 1),
    Place("NG", "EMEA", "Africa/Lagos", 1),
    Place("ZA", "EMEA", "Africa/Johannesburg", 2),
    Place("IL", "EMEA", "Asia/Jerusalem", 2, (4, 5)),
    Place("SA", "EMEA", "Asia/Riyadh", 3, (4, 5)),
    Place("IN", "APAC", "Asia/Kolkata", 5.5),
    Place("JP", "APAC", "Asia/Tokyo", 9),
    Place("SG", "APAC", "Asia/Singapore", 8),
    Place("AU", "APAC", "Australia/Sydney", 10),
)

INDUSTRIES = (
    "Freight", "Dental", "Studios", "Seeds", "Robotics", "Kitchens", "Insurance", "Optics", "Textiles", "Games",
    "Farms", "Cement", "Clinics", "Press", "Energy", "Ferries", "Timber", "Learning", "Bearings", "Hotels",
)  # fmt: skip

OWNERS = (
    "amara.okafor@example.com", "lars.holmqvist@example.com", "mei.tanaka@example.com", "diego.ferrao@example.com",
    "siobhan.keane@example.com", "yusuf.demirel@example.com", "priya.raman@example.com", "digital@example.com",
)  # fmt: skip
"""Our own people: the CSMs, and the pool that looks after tech-touch accounts."""

_HANDMADE = (
    "O'Hanrahan's Ferries", "Café Ñandú 🦜",
    "مطاحن القمر الأخضر", "Brøndvik & Døtre", "שקדיית הירח", "Ørnulf's Bakery 🥐",
    "株式会社ほしくず羊羹", "Łąkowe Ćmy", "D'Arquennes Frères", "Čertova Kávárna",
    "Quill \"&\" Sons", "قوارب النعناع",
    "Zażółcona Gęś", "🚀 Tinpot Rocketry", "Größlwang Maschinen", "Āboliņa Darbnīca", "Nwachukwu-Bello Mills",
    "ดอกรัก คราฟต์",
    "Müßiggang & Söhne", "Sant'Ilarione Ceramiche", "हरसिंगार लर्निंग", "Þorskafell ehf.", "Ünsalar Çini", "Yŏnmot Press",
)  # fmt: skip
_FIRST = (
    "Quill", "Tavr", "Ostr", "Brem", "Veld", "Lumen", "Kess", "Ulv", "Pell", "Thrum", "Wyn", "Zell", "Yar", "Ibis",
    "Moss", "Harl", "Cinder", "Drav", "Fenn", "Gorse", "Jun", "Nettle", "Ravel", "Sorrel",
)  # fmt: skip
_SECOND = (
    "mere", "osk", "ander", "holt", "quist", "ora", "ling", "dune", "wick", "fjord", "vask", "ix", "stane", "ovia",
    "garth", "ette", "burn", "rill",
)  # fmt: skip
_GIVEN = (
    "Ngozi", "Søren", "Aiko", "Layla", "Conor", "Anaïs", "Tomáš", "Ximena", "Dilip", "Freya", "Mateus", "Hye-jin",
    "Omar", "Zofia", "Kwame", "Ilse", "Rafael", "Noor", "Viktor", "Maeve", "Tariq", "Elif", "Bao", "Łucja", "Ayşe",
    "Joaquín", "Siân", "Emeka", "Ingrid", "ليلى", "נועם", "さくら",
)  # fmt: skip
_FAMILY = (
    "Adeyemi", "Lindqvist", "Mori", "O'Dowd", "Haddad", "Nováková", "Quispe", "Raman", "Sandoval", "Dvořák", "Ferreira",
    "Kwon", "El-Masri", "Zieliński", "Mensah", "van der Velde", "D'Souza", "Petrov", "Byrne", "Yıldız", "Nguyễn",
    "MacAuley", "Ó Briain", "Thorvald", "Castellanos", "Abdi", "Fujita", "Løvdal", "St. Clair", "Bhatt",
)  # fmt: skip


def company_name(number: int, industry: str) -> str:
    """The name of the `number`-th account: one in eight by hand while they last, the others composed."""
    by_hand, awkward = divmod(number, 8)
    if awkward == 3 and by_hand < len(_HANDMADE):
        return _HANDMADE[by_hand]
    first, second = _FIRST[number % len(_FIRST)], _SECOND[(number // len(_FIRST)) % len(_SECOND)]
    return f"{first}{second} {industry}"


def domain_of(name: str, key: str) -> str:
    """A domain under `.example`, from the name where it has Latin letters, else from the account's key."""
    return f"{_latin(name) or key.lower()}.example"


def person_name(rng: Random) -> str:
    """A person's full name."""
    return f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}"


def address_of(name: str, number: int, domain: str) -> str:
    """An e-mail address at `domain`; the number keeps namesakes apart."""
    return f"{_latin(name.split(maxsplit=1)[0]) or 'person'}.{number}@{domain}"


def _latin(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
