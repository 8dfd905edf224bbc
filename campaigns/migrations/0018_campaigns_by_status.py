"""Living campaigns by their status: the few live ones are read without the others, by lists and by what is compiled."""

import django.contrib.postgres.operations
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("campaigns", "0017_building_and_merges"),
    ]

    operations = [
        django.contrib.postgres.operations.AddIndexConcurrently(
            "adcampaign",
            models.Index(
                fields=["organization", "status", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="campaign_living_by_status",
            ),
        ),
    ]
