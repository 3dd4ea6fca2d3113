"""The cast: who the accounts of the sample company are, before anything happens to them. Pure and seeded."""

from dataclasses import dataclass
from random import Random

from services.sample.archetypes import ARCHETYPES, TOUCHES, Archetype, Touch, by_share
from services.sample.names import INDUSTRIES, OWNERS, PLACES, Place, address_of, company_name, domain_of, person_name

ROLES = ("champion", "executive_sponsor", "technical_owner", "economic_buyer", "influencer")
TITLES = {
    "champion": "Head of Operations", "executive_sponsor": "Chief Operating Officer", "technical_owner": "IT Lead",
    "economic_buyer": "Finance Director", "influencer": "Team Lead", "end_user": "Analyst",
}  # fmt: skip
LEVELS = {
    "champion": "director", "executive_sponsor": "c_level", "technical_owner": "manager", "economic_buyer": "director",
    "influencer": "manager", "end_user": "individual",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A human at an account. `keen` is the chance that they use the product on a working day, all being well."""

    id: str
    name: str
    email: str
    role: str
    keen: float


@dataclass(frozen=True)
class Account:
    """A customer company of the sample company."""

    number: int
    key: str
    name: str
    domain: str
    industry: str
    place: Place
    owner: str
    touch: Touch
    archetype: Archetype
    arr: int
    interval: str
    people: tuple[Person, ...]
    employees: int
    features: tuple[str, ...]
    """Core features in the order in which this account takes to them."""


def cast(accounts: int, seed: int, features: tuple[str, ...]) -> list[Account]:
    """The accounts, in the order of their keys; the same for the same arguments."""
    rng = Random(f"{seed}/cast")
    touches = [TOUCHES[i] for i in by_share(TOUCHES, accounts)]
    rng.shuffle(touches)
    kinds = _kinds(touches, rng)
    return [_account(n, touches[n], kinds[n], Random(f"{seed}/cast/{n}"), features) for n in range(accounts)]


def _kinds(touches: list[Touch], rng: Random) -> list[Archetype]:
    """An archetype for each account; watermelons have many friends, so they are the largest accounts."""
    kinds = [ARCHETYPES[i] for i in by_share(ARCHETYPES, len(touches))]
    rng.shuffle(kinds)
    largest = sorted(range(len(touches)), key=lambda n: -touches[n].people[0])
    melons = [n for n, kind in enumerate(kinds) if kind.name == "watermelon"]
    for n, other in zip(melons, largest, strict=False):
        kinds[n], kinds[other] = kinds[other], kinds[n]
    return kinds


def _account(number: int, touch: Touch, archetype: Archetype, rng: Random, features: tuple[str, ...]) -> Account:
    key = f"C{1001 + number}"
    industry = rng.choice(INDUSTRIES)
    name = company_name(number, industry)
    domain = domain_of(name, key)
    size = rng.randint(*touch.people)
    return Account(
        number=number,
        key=key,
        name=name,
        domain=domain,
        industry=industry,
        place=rng.choice(PLACES),
        owner=OWNERS[number % (len(OWNERS) - 1)] if touch.meeting_every else OWNERS[-1],
        touch=touch,
        archetype=archetype,
        arr=round(touch.arr[0] * (touch.arr[1] / touch.arr[0]) ** rng.random(), -2).__trunc__(),
        interval="year" if rng.random() < touch.yearly else "month",
        people=tuple(_person(n, key, domain, touch, rng) for n in range(size)),
        employees=int(size * rng.uniform(3, 40)),
        features=tuple(rng.sample(features, len(features))),
    )


def _person(number: int, key: str, domain: str, touch: Touch, rng: Random) -> Person:
    name = person_name(rng)
    role = ROLES[number] if number < len(ROLES) else "end_user"
    if role == "executive_sponsor" and not touch.meeting_every:
        role = "end_user"
    keen = rng.betavariate(4.0, 1.4) * (0.35 if role in {"executive_sponsor", "economic_buyer"} else 1.0)
    return Person(f"{key}-p{number + 1}", name, address_of(name, number + 1, domain), role, keen)
