"""Triggered messages by their creative, deliveries by state and end: looked up without reading the others.

Made beside the traffic, since a million recipients may be there.
"""

import django.contrib.postgres.operations
from django.db import migrations, models
from django.db.models import Q

MOVING = ("scheduled", "building", "built", "delivering")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("campaigns", "0014_interaction_is_seen"),
    ]

    operations = [
        django.contrib.postgres.operations.AddIndexConcurrently(
            "audiencemember",
            models.Index(
                fields=["unit", "due_at"],
                condition=Q(state="pending", job__isnull=True),
                name="audience_member_triggered",
            ),
        ),
        django.contrib.postgres.operations.AddIndexConcurrently(
            "audiencejob", models.Index(fields=["organization", "state", "-id"], name="audience_job_by_state")
        ),
        django.contrib.postgres.operations.AddIndexConcurrently(
            "audiencejob",
            models.Index(
                fields=["state"], condition=Q(state__in=(*MOVING, "paused", "failed")), name="audience_job_unsettled"
            ),
        ),
        django.contrib.postgres.operations.AddIndexConcurrently(
            "audiencejob", models.Index(fields=["finished_at"], name="audience_job_finished")
        ),
    ]
