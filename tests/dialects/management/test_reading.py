"""However many campaigns an organization has, few are read where few are meant."""

import pytest
from django.db import connection

from campaigns.decisions.compiled import get_definitions
from customers.models import Organization
from customers.organizations.organizations import bump_version
from tests.channels import make_live_campaign
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted
from tests.plans import plans

pytestmark = pytest.mark.django_db
FEW = 20
TABLE = "campaigns_adcampaign"
OLD = """
INSERT INTO campaigns_adcampaign (organization_id, name, permalink, status, starts_at, ends_at)
SELECT %s, 'Old ' || number, 'old-' || number, 'completed', '2020-01-01Z', '2021-01-01Z'
FROM generate_series(1, 20000) number
"""


def test_lists_and_definitions_read_the_live_ones_only(owner: Actor) -> None:
    live = make_live_campaign(owner.organization)
    with connection.cursor() as cursor:
        cursor.execute(OLD, [owner.organization.pk])
        cursor.execute("ANALYZE campaigns_adcampaign")
    with plans() as listed:
        answer = accepted(owner.get("campaigns?status=live"))
    assert [each["id"] for each in answer["campaigns"]] == [live.pk]
    bump_version(organization=owner.organization)
    version = Organization.objects.get(pk=owner.organization.pk).version
    with plans() as loaded:
        get_definitions(organization_id=owner.organization.pk, version=version)
    for found in (listed, loaded):
        assert 0 < found.rows[TABLE] <= FEW, found
        assert TABLE not in found.read_whole
