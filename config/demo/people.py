"""The demo's five thousand customers, generated from a seed, so that they are the same everywhere."""

import random
import uuid
from datetime import date, timedelta

from campaigns.offers.points import book_opening_balances
from customers.customers.generation import (
    FIELDS,
    FIRST_NAMES,
    LANGUAGES,
    LAST_NAMES,
    PLATFORMS,
    STATES,
    TAGS,
    TIERS,
)
from customers.models import Customer, CustomerField, Organization
from customers.schema.fields import save_field

SEED = 20_240_229
COUNT = 5_000
BORN_FROM, BORN_DAYS = date(1950, 1, 1), 20_000


def create_people(*, organization: Organization) -> None:
    """Make the schema and the customers of the demo, with the entries that explain their points."""
    for name, kind in FIELDS.items():
        save_field(field=CustomerField(organization=organization, name=name, type=kind, unique=name == "email"))
    source = random.Random(SEED)
    Customer.objects.bulk_create(
        (_person(source, organization, number) for number in range(1, COUNT + 1)), batch_size=1000
    )
    book_opening_balances(organization=organization)


def _person(source: random.Random, organization: Organization, number: int) -> Customer:
    gender = source.choice(["female", "male"])
    first_name, last_name = source.choice(FIRST_NAMES[gender]), source.choice(LAST_NAMES)
    ((state, zip_prefix, _),) = source.choices(STATES, weights=[share for *_, share in STATES])
    return Customer(
        organization=organization,
        uuid=uuid.UUID(int=source.getrandbits(128), version=4),
        external_id=f"ACME-{number:05}",
        attributes={
            "first_name": first_name,
            "last_name": last_name,
            "email": f"{first_name}.{last_name}.{number}@example.com".lower(),
            "state": state,
            "gender": gender,
            "zip": f"{zip_prefix}{source.randrange(100):02}",
            "birth_date": (BORN_FROM + timedelta(days=source.randrange(BORN_DAYS))).isoformat(),
            "loyalty_tier": _weighted(source, TIERS),
        },
        tags=[tag for tag, share in TAGS.items() if source.random() < share],
        points=source.randrange(0, 5000, 10),
        last_platform=_weighted(source, PLATFORMS),
        last_language=_weighted(source, LANGUAGES),
        last_channel=source.choice(["web", "mobile"]),
    )


def _weighted(source: random.Random, choices: list[tuple[str, int]]) -> str:
    return source.choices([name for name, _ in choices], weights=[share for _, share in choices])[0]
