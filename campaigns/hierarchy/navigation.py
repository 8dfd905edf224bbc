"""A campaign's whole hierarchy in one statement: PostgreSQL builds the tree."""

import orjson
from django.db import connection

from customers.errors import not_found
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

GET_NAVIGATION = SQL(
    "get_navigation",
    campaign_members=SQL("level_members", level="campaign"),
    line_item_members=SQL("level_members", level="line_item"),
    group_members=SQL("level_members", level="creative_group"),
)


def get_navigation(*, organization: Organization, campaign_id: int) -> dict[str, object]:
    """The tree `{id, name, status, starts_at, ends_at, line_items: [{…, groups: [{…, creatives: [{…}]}]}]}`.

    Newest first at every level, times as `2021-12-31T05:00:00Z`; DomainError `not_found` if there is no campaign.
    """
    with connection.cursor() as cursor:
        cursor.execute(GET_NAVIGATION, [campaign_id, organization.pk])
        row = cursor.fetchone()
    if row is None:
        raise not_found("Campaign")
    tree: dict[str, object] = orjson.loads(row[0])
    return tree
