"""What new databases begin with: the tables as 0001 to 0003 leave them (`python -m tests.upgrade` compares)."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid

from django.db import migrations, models

from customers.squashed import CreateTogether


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("funnels", "0001_initial"),
        ("funnels", "0002_channel"),
        ("funnels", "0003_whose_values"),
    ]

    dependencies = [
        ("customers", "0002_visits"),
        ("campaigns", "0004_decisions"),
        ("traces", "0001_initial"),
    ]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name='FunnelVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('definition', models.JSONField()),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='funnel_versions', to='campaigns.adcampaign')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['-id'],
                    'constraints': [models.UniqueConstraint(fields=('campaign', 'number'), name='funnel_version_number')],
                },
            ),
            migrations.CreateModel(
                name='FunnelEntry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('step', models.CharField(blank=True, default='', help_text='The current step; none at the end.', max_length=63)),
                    ('is_finished', models.BooleanField(default=False)),
                    ('answers', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                    ('data', models.JSONField(default=dict)),
                    ('revision', models.BigIntegerField(db_default=1, default=1)),
                    ('entered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('moved_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='funnel_entries', to='campaigns.adcampaign')),
                    ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                    ('interaction', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.interaction')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='funnels.funnelversion')),
                    ('answered_in', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None)),
                    ('shared_fields', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], default=list, size=None)),
                ],
                options={
                    'ordering': ['-id'],
                    'constraints': [models.UniqueConstraint(fields=('customer', 'campaign'), name='funnel_entry_unique')],
                },
            ),
            migrations.CreateModel(
                name='Funnel',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('style', models.TextField(blank=True, default='', help_text='CSS of the page; sanitised when it is saved.')),
                    ('landing_page', models.TextField(blank=True, default='', help_text='HTML that opens the funnel; sanitised when it is saved.')),
                    ('always_use_landing', models.BooleanField(default=False, help_text='Open with it also after the funnel was begun.')),
                    ('allow_dismiss', models.BooleanField(default=True, help_text='Offer "I\'m not interested".')),
                    ('show_progress_bar', models.BooleanField(default=True)),
                    ('new_window', models.BooleanField(default=False, help_text='Show the funnel in a new window.')),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                    ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='funnel', to='campaigns.adcampaign')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('version', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='funnels.funnelversion')),
                ],
                options={
                    'ordering': ['-id'],
                },
            ),
            migrations.CreateModel(
                name='BusinessEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=255)),
                    ('description', models.TextField(blank=True, default='')),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='business_events', to='customers.application')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('application', 'name'), name='business_event_name_unique', violation_error_message='The application already has an event of this name.')],
                },
            ),
            migrations.CreateModel(
                name='EventBinding',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('filter', models.JSONField(blank=True, default=list)),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='event_bindings', to='campaigns.adcampaign')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bindings', to='funnels.businessevent')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('event', 'campaign'), name='event_binding_unique', violation_error_message='The campaign already has this event.')],
                },
            ),
            migrations.CreateModel(
                name='EventOccurrence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('idempotency_key', models.CharField(blank=True, max_length=255, null=True)),
                    ('token', models.UUIDField()),
                    ('customer_reference', models.CharField(max_length=255)),
                    ('context', models.JSONField(blank=True, default=dict)),
                    ('restarts_funnel', models.BooleanField(default=False)),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.adcampaign')),
                    ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='occurrences', to='funnels.businessevent')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('trace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='traces.trace')),
                ],
                options={
                    'ordering': ['-id'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('idempotency_key__isnull', False)), fields=('event', 'idempotency_key'), name='event_occurrence_once')],
                },
            ),
            migrations.CreateModel(
                name='Placeholder',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=255)),
                    ('width', models.PositiveIntegerField(validators=[django.core.validators.MaxValueValidator(10000)])),
                    ('height', models.PositiveIntegerField(validators=[django.core.validators.MaxValueValidator(10000)])),
                    ('maximum_banners', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)])),
                    ('transition_time', models.PositiveIntegerField(default=5000, validators=[django.core.validators.MaxValueValidator(3600000)])),
                    ('is_popup', models.BooleanField(default=False, help_text='Banners unfold in a popup.')),
                    ('popup_timeout', models.PositiveIntegerField(default=0, help_text='0: the popup stays open.', validators=[django.core.validators.MaxValueValidator(3600000)])),
                    ('popup_show_close', models.BooleanField(default=True)),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placeholders', to='customers.application')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('application', 'name'), name='placeholder_name_unique', violation_error_message='The application already has a placeholder of this name.'), models.CheckConstraint(condition=models.Q(('maximum_banners__gte', 1), ('maximum_banners__lte', 20)), name='placeholder_maximum_banners')],
                },
            ),
            migrations.CreateModel(
                name='Banner',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('link', models.CharField(blank=True, default='', max_length=2048)),
                    ('html_content', models.TextField(blank=True, default='')),
                    ('weight', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='banners', to='campaigns.adcampaign')),
                    ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='banners', to='campaigns.adgroup')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('placeholder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='banners', to='funnels.placeholder')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('html_content__gt', ''), ('link', '')), models.Q(('html_content', ''), ('link__gt', '')), _connector='OR'), name='banner_image_or_html', violation_error_message='A banner is an image link or HTML.'), models.CheckConstraint(condition=models.Q(('weight__gte', 1), ('weight__lte', 1000)), name='banner_weight')],
                },
            ),
            migrations.CreateModel(
                name='Popup',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('page_location', models.CharField(max_length=2048)),
                    ('show_close', models.BooleanField(default=True)),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='popups', to='customers.application')),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='popups', to='campaigns.adcampaign')),
                    ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='popups', to='campaigns.adgroup')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['id'],
                },
            ),
        ]),
    ]
