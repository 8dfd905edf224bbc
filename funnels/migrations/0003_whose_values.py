import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('funnels', '0002_channel'),
    ]

    operations = [
        migrations.AddField(
            model_name='funnelentry',
            name='answered_in',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='funnelentry',
            name='shared_fields',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], default=list, size=None),
        ),
    ]
