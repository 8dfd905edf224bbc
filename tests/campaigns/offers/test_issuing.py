"""Offers are issued within exact limits, once for each key, whoever asks at the same time."""

from datetime import UTC, datetime
from functools import partial

import pytest

from campaigns.models import IssuedOffer, Offer, PointsEntry
from campaigns.offers.issuing import Grant, issue_offers
from customers.models import Customer
from tests.factories import make_customer, make_organization
from tests.together import together

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_issuing_respects_limits_dates_and_keys_and_books_points() -> None:
    organization, rival = make_organization(), make_organization()
    ann, ben = make_customer(organization), make_customer(organization)
    limited = Offer.objects.create(organization=organization, name="Mug", points=5, total_limit=3, limit_per_customer=2)
    over = Offer.objects.create(organization=organization, name="Gone", ends_at=NOW)
    foreign = Offer.objects.create(organization=rival, name="Theirs")

    def issue(*grants: tuple[Offer, Customer, str]) -> set[str]:
        rows = [Grant(offer.pk, customer.pk, key, NOW) for offer, customer, key in grants]
        return issue_offers(organization_id=organization.pk, grants=rows)

    assert issue((limited, ann, "a"), (limited, ann, "a"), (over, ann, "b"), (foreign, ann, "c")) == {"a"}
    assert issue((limited, ann, "a"), (limited, ann, "d"), (limited, ann, "e"), (limited, ben, "f")) == {"d", "f"}
    assert issue((limited, ben, "g")) == set()
    limited.refresh_from_db()
    ann.refresh_from_db()
    assert (limited.issued_count, IssuedOffer.objects.count()) == (3, 3)
    assert (ann.points, PointsEntry.objects.filter(customer=ann).count()) == (10, 2)


@pytest.mark.xdist_group("connections")  # PostgreSQL allows a hundred in all
@pytest.mark.django_db(transaction=True)
def test_a_total_limit_holds_across_customers_at_once() -> None:
    organization = make_organization()
    offer = Offer.objects.create(organization=organization, name="Mug", total_limit=7)
    customers = [make_customer(organization).pk for _ in range(4)]

    def issue(worker: int) -> int:
        grants = [Grant(offer.pk, customers[(worker + turn) % 4], f"{worker}.{turn}", NOW) for turn in range(5)]
        return sum(len(issue_offers(organization_id=organization.pk, grants=[grant])) for grant in grants)

    assert sum(together([partial(issue, worker) for worker in range(6)])) == 7
    offer.refresh_from_db()
    assert offer.issued_count == IssuedOffer.objects.count() == 7
