"""A great many campaigns of advertisers, made by the database itself."""

from collections.abc import Sequence

from django.db import connection

from customers.models import Organization

MAKE = """
WITH made AS (
    INSERT INTO campaigns_adcampaign (organization_id, name, permalink, status, starts_at, ends_at)
    SELECT %(organization)s::bigint, 'Bought ' || number, 'bought-' || number, 'live', '2026-01-01Z', '2999-12-31Z'
    FROM generate_series(1, %(number)s::int) number
    RETURNING id
), bundled AS (
    INSERT INTO campaigns_adbundle (organization_id, campaign_id) SELECT %(organization)s::bigint, id FROM made
), limited AS (
    INSERT INTO campaigns_spendlimit (organization_id, campaign_id, type, renewal, amount)
    SELECT %(organization)s::bigint, id, 'capped', 'daily', 123.45 FROM made
), assigned AS (
    INSERT INTO marketing_solutions_advertisercampaign (organization_id, campaign_id, advertiser_id, goal)
    SELECT %(organization)s::bigint, id, (%(advertisers)s::bigint[])[1 + id %% cardinality(%(advertisers)s::bigint[])],
           'retention'
    FROM made
)
SELECT id FROM made ORDER BY id
"""


def make_campaigns(organization: Organization, advertiser_ids: Sequence[int], number: int) -> list[int]:
    """So many campaigns with bundle and limit, in turn for each of the advertisers; returns their ids in order."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE, {"organization": organization.pk, "advertisers": list(advertiser_ids), "number": number})
        return [campaign_id for (campaign_id,) in cursor.fetchall()]
