"""Interactions say what their tokens ended with; traces 0002 tells it of those that have ended already."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0011_capped_rule'),
    ]

    operations = [
        migrations.AddField(
            model_name='interaction',
            name='closed_by',
            field=models.CharField(blank=True, choices=[('conversion', 'Conversion'), ('dismiss', 'Dismiss')], max_length=10, null=True),
        ),
    ]
