from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('traces', '0002_tokens_that_have_ended'),
    ]

    operations = [
        migrations.AddField(
            model_name='trace',
            name='is_trusted',
            field=models.BooleanField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='trace',
            name='captured',
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
    ]
