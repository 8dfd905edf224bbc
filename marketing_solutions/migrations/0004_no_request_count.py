"""Requests are counted by customers.applications.minute_counts; what was counted of this minute is of no worth after it."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('marketing_solutions', '0003_search_turns'),
        ('customers', '0011_minute_count'),
    ]

    operations = [
        migrations.DeleteModel(
            name='RequestCount',
        ),
    ]
