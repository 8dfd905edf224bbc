"""Which error of the domain a broken constraint is."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError

from customers.errors import invalid
from customers.models.broken_constraint import broken_constraint

# What a broken constraint means to a caller: the attribute, and a sentence.
CONSTRAINTS = {
    "campaign_name_unique_among_living": ("name", "Another campaign has this name."),
    "campaign_permalink_unique_among_living": ("permalink", "Another campaign has this permalink."),
    "destination_name_unique": ("name", "Another destination has this name."),
    "destination_one_default_a_kind": ("is_default", "The organization has another default of this kind."),
    "line_item_one_living_per_campaign": ("campaign_id", "The campaign already has a line item."),
    "message_template_key_unique": ("key", "Another template has this key."),
    "offer_guid_unique": ("guid", "Another offer has this guid."),
    "creative_one_living_per_group": ("creative_group_id", "The creative group already has a creative."),
}


@contextmanager
def constraints_as_errors() -> Iterator[None]:
    """Turn a broken constraint into the DomainError that a check beforehand would have raised."""
    try:
        yield
    except IntegrityError as error:
        name = broken_constraint(error)
        if name not in CONSTRAINTS:
            raise
        attribute, sentence = CONSTRAINTS[name]
        raise invalid(**{attribute: sentence}) from error
