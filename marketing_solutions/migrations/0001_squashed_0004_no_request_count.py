"""What new databases begin with: the tables as 0001 to 0004 leave them (`python -m tests.upgrade` compares)."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime

from django.db import migrations, models

from customers.squashed import CreateTogether


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("marketing_solutions", "0001_initial"),
        ("marketing_solutions", "0002_dialect"),
        ("marketing_solutions", "0003_search_turns"),
        ("marketing_solutions", "0004_no_request_count"),
    ]

    dependencies = [
        ("customers", "0011_minute_count"),
        ("campaigns", "0003_spend"),
    ]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name='Advertiser',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=255)),
                    ('currency', models.CharField(default='USD', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z')])),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('features', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('spend-limit-update', "its campaigns' spend limits may be changed")], max_length=63), blank=True, db_default=[], default=list, size=None)),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('organization', 'name'), name='advertiser_name_unique')],
                },
            ),
            migrations.CreateModel(
                name='AdvertiserCampaign',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('goal', models.CharField(choices=[('acquisition', 'Acquisition'), ('retention', 'Retention'), ('unspecified', 'Unspecified')], default='unspecified', max_length=11)),
                    ('advertiser', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='marketing_solutions.advertiser')),
                    ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='advertiser_campaign', to='campaigns.adcampaign')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'verbose_name': 'campaign of an advertiser',
                    'verbose_name_plural': 'campaigns of advertisers',
                    'ordering': ['campaign_id'],
                    'indexes': [models.Index(fields=['advertiser', 'campaign'], name='advertiser_campaign_in_order')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('goal__in', ['acquisition', 'retention', 'unspecified'])), name='advertiser_campaign_goal')],
                },
            ),
            migrations.CreateModel(
                name='Portfolio',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('may_manage', models.BooleanField(default=False, help_text='May create campaigns and change spend limits.')),
                    ('advertiser', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='portfolios', to='marketing_solutions.advertiser')),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='portfolio', to='customers.application')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'verbose_name': 'advertiser in a portfolio',
                    'verbose_name_plural': 'portfolios',
                    'ordering': ['application_id', 'advertiser_id'],
                    'constraints': [models.UniqueConstraint(fields=('application', 'advertiser'), name='portfolio_advertiser_once')],
                },
            ),
            migrations.CreateModel(
                name='StoredResponse',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.CharField(max_length=255)),
                    ('fingerprint', models.CharField(max_length=64)),
                    ('status', models.PositiveSmallIntegerField(default=0)),
                    ('body', models.BinaryField(default=b'')),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.application')),
                ],
                options={
                    'ordering': ['-id'],
                    'indexes': [models.Index(fields=['created_at'], name='stored_response_oldest_first')],
                    'constraints': [models.UniqueConstraint(fields=('application', 'key'), name='stored_response_one_per_key')],
                },
            ),
            migrations.CreateModel(
                name='SearchTurn',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('place', models.PositiveSmallIntegerField()),
                    ('lease', models.BigIntegerField()),
                    ('ends_at', models.DateTimeField()),
                    ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['organization_id', 'place'],
                    'constraints': [models.UniqueConstraint(fields=('organization', 'place'), name='search_turn_place_once')],
                },
            ),
        ]),
        # A turn lasts a minute at most: losing those of a crash hurts nobody.
        migrations.RunSQL("ALTER TABLE marketing_solutions_searchturn SET UNLOGGED", migrations.RunSQL.noop),
    ]
