"""What new databases begin with: the tables as 0001 to 0003 leave them (`python -m tests.upgrade` compares)."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid

from django.db import migrations, models

from customers.squashed import CreateTogether


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("traces", "0001_initial"),
        ("traces", "0002_tokens_that_have_ended"),
        ("traces", "0003_trace_is_trusted"),
    ]

    dependencies = [
        ("customers", "0002_visits"),
        ("campaigns", "0012_interaction_closed_by"),
    ]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name='Trace',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('closed_at', models.DateTimeField(blank=True, null=True)),
                    ('closed_by', models.CharField(blank=True, choices=[('conversion', 'Conversion'), ('dismiss', 'Dismiss')], max_length=10, null=True)),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.application')),
                    ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('is_trusted', models.BooleanField(blank=True, editable=False, null=True)),
                    ('captured', models.JSONField(blank=True, db_default={}, default=dict, editable=False)),
                ],
                options={
                    'ordering': ['-id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True)), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False)), _connector='OR'), name='trace_closed_by_something')],
                },
            ),
            migrations.CreateModel(
                name='Trail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('language', models.CharField(blank=True, default='', max_length=255)),
                    ('platform', models.CharField(blank=True, default='', max_length=255)),
                    ('channel', models.CharField(max_length=255)),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('trace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trails', to='traces.trace')),
                ],
                options={
                    'ordering': ['-id'],
                },
            ),
            migrations.CreateModel(
                name='Action',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('name', models.CharField(max_length=255)),
                    ('type', models.CharField(choices=[('location', 'Location'), ('action', 'Action'), ('conversion', 'Conversion'), ('dismiss', 'Dismiss'), ('entry-point', 'Entry Point'), ('funnel-step', 'Funnel Step'), ('event', 'Event')], max_length=11)),
                    ('data', models.JSONField(blank=True, default=list)),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('trail', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='actions', to='traces.trail')),
                ],
                options={
                    'ordering': ['-id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('type__in', ['location', 'action', 'conversion', 'dismiss', 'entry-point', 'funnel-step', 'event'])), name='action_type')],
                },
            ),
        ]),
    ]
