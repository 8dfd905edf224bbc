"""What new databases begin with: the tables as 0001 to 0011 leave them (`python -m tests.upgrade` compares)."""

import customers.models.organization
import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import uuid

from django.db import migrations, models

from customers.squashed import CreateTogether


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("customers", "0001_initial"),
        ("customers", "0002_visits"),
        ("customers", "0003_targetable_fields"),
        ("customers", "0004_retired_fields"),
        ("customers", "0005_retention"),
        ("customers", "0006_unique_since"),
        ("customers", "0007_merges_of_customers"),
        ("customers", "0008_definition_changes"),
        ("customers", "0009_customers_deleted_at"),
        ("customers", "0010_application_identity_secret"),
        ("customers", "0011_minute_count"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name='Organization',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=255, unique=True)),
                    ('time_zone', models.CharField(default='UTC', help_text='IANA name; calendar days, months and years of caps and spend are of this zone.', max_length=64, validators=[customers.models.organization.validate_time_zone])),
                    ('version', models.BigIntegerField(default=1, editable=False, help_text='Raised by every write to what decisions are made from, in the same transaction.')),
                    ('default_consent', models.BooleanField(default=True, help_text='The consent of a new customer who said nothing.')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('customers_deleted_at', models.DateTimeField(blank=True, editable=False, help_text='When customers were last deleted: audiences look whom they lost.', null=True)),
                ],
                options={
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='Operator',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                    ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                    ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                    ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                    ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                    ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                    ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                    ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                    ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ],
                options={
                    'verbose_name': 'user',
                    'verbose_name_plural': 'users',
                    'abstract': False,
                },
                managers=[
                    ('objects', django.contrib.auth.models.UserManager()),
                ],
            ),
            migrations.CreateModel(
                name='CustomerField',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=63, validators=[django.core.validators.RegexValidator('^[A-Za-z][A-Za-z0-9_-]*\\Z')])),
                    ('type', models.CharField(choices=[('string', 'String'), ('integer', 'Integer'), ('decimal', 'Decimal'), ('boolean', 'Boolean'), ('date', 'Date'), ('datetime', 'Datetime')], max_length=8)),
                    ('required', models.BooleanField(default=False)),
                    ('unique', models.BooleanField(default=False, help_text='No two customers of the organization share a value, once its index stands.')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('targetable', models.BooleanField(db_default=False, default=False, help_text='Audiences often ask for it: it gets an index and statistics.')),
                    ('unique_problem', models.CharField(db_default='', default='', editable=False, help_text='Why a field that was marked is not unique.', max_length=255)),
                    ('unique_since', models.DateTimeField(editable=False, help_text='Since when the index stands, and no value can be shared any more.', null=True)),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('organization', 'name'), name='customer_field_name_unique'), models.CheckConstraint(condition=models.Q(('name__regex', '^[A-Za-z][A-Za-z0-9_-]*$'), models.Q(('name__in', ['channel', 'id', 'language', 'platform', 'points', 'tag']), _negated=True)), name='customer_field_name', violation_error_message='A word that has no meaning of its own in targeting.'), models.CheckConstraint(condition=models.Q(('type__in', ['string', 'integer', 'decimal', 'boolean', 'date', 'datetime'])), name='customer_field_type')],
                },
            ),
            migrations.CreateModel(
                name='Customer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('external_id', models.CharField(blank=True, max_length=255, null=True)),
                    ('is_anonymous', models.BooleanField(default=False)),
                    ('attributes', models.JSONField(blank=True, default=dict, help_text="By the organization's schema, each in its kept form.")),
                    ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), blank=True, db_default=[], default=list, size=None)),
                    ('points', models.BigIntegerField(db_default=0, default=0)),
                    ('consent', models.BooleanField(default=True, help_text='May be shown and sent campaigns at all.')),
                    ('email_consent', models.BooleanField(default=True, help_text='May be sent email, where consent is given.')),
                    ('push_consent', models.BooleanField(default=True, help_text='May be sent push messages, where consent is given.')),
                    ('last_platform', models.CharField(blank=True, db_default='', default='', max_length=255)),
                    ('last_language', models.CharField(blank=True, db_default='', default='', max_length=255)),
                    ('last_channel', models.CharField(blank=True, db_default='', default='', max_length=255)),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['id'],
                    'indexes': [models.Index(fields=['organization', 'id'], name='customer_organization_id'), django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='customer_tags')],
                    'constraints': [models.UniqueConstraint(fields=('organization', 'external_id'), name='customer_external_id_unique'), models.CheckConstraint(condition=models.Q(('is_anonymous', True), ('external_id__isnull', False), _connector='OR'), name='customer_known_has_external_id')],
                },
            ),
            migrations.CreateModel(
                name='Application',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=255)),
                    ('api_key', models.CharField(editable=False, max_length=40, unique=True)),
                    ('secret_prefix', models.CharField(editable=False, max_length=8)),
                    ('secret_sha256', models.CharField(editable=False, max_length=64)),
                    ('app_token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('platforms', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('rest', 'REST API'), ('web', 'Web'), ('android', 'Android'), ('ios', 'iOS')], max_length=16), blank=True, default=list, size=None)),
                    ('allowed_origins', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), blank=True, default=list, size=None)),
                    ('is_active', models.BooleanField(default=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('sealed_identity_secret', models.TextField(blank=True, default='', editable=False)),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('organization', 'name'), name='application_name_unique'), models.CheckConstraint(condition=models.Q(('api_key__regex', '^[0-9a-f]{40}$')), name='application_api_key')],
                },
            ),
            migrations.CreateModel(
                name='CustomerAlias',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('external_id', models.CharField(max_length=255)),
                    ('uuid', models.UUIDField(unique=True)),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                    ('former_id', models.BigIntegerField(blank=True, editable=False, null=True)),
                    ('merged_in', models.BigIntegerField(blank=True, editable=False, null=True)),
                ],
                options={
                    'verbose_name_plural': 'customer aliases',
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('organization', 'external_id'), name='customer_alias_unique')],
                    'indexes': [models.Index(fields=['organization', 'merged_in'], name='customer_alias_merged_in')],
                },
            ),
            migrations.CreateModel(
                name='PushToken',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token', models.CharField(max_length=1024)),
                    ('platform', models.CharField(max_length=255)),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.application')),
                    ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('application', 'token'), name='push_token_unique')],
                },
            ),
            migrations.CreateModel(
                name='RetiredField',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=63)),
                    ('after_id', models.BigIntegerField(db_default=0, default=0)),
                    ('found_any', models.BooleanField(db_default=False, default=False)),
                    ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('organization', 'name'), name='retired_field_name_unique')],
                },
            ),
            migrations.CreateModel(
                name='RetentionMark',
                fields=[
                    ('kind', models.CharField(max_length=32, primary_key=True, serialize=False)),
                    ('after_id', models.BigIntegerField(db_default=0, default=0)),
                    ('rests_until', models.DateTimeField(blank=True, null=True)),
                    ('removed', models.PositiveBigIntegerField(db_default=0, default=0)),
                ],
                options={
                    'ordering': ['kind'],
                },
            ),
            migrations.CreateModel(
                name='DefinitionChange',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.BigIntegerField()),
                    ('marks', models.JSONField()),
                    ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.organization')),
                ],
                options={
                    'ordering': ['organization_id', 'version'],
                    'constraints': [models.UniqueConstraint(fields=('organization', 'version'), name='definition_change_one_per_version')],
                },
            ),
            migrations.CreateModel(
                name='MinuteCount',
                fields=[
                    ('key', models.TextField(primary_key=True, serialize=False)),
                    ('minute', models.BigIntegerField()),
                    ('number', models.BigIntegerField()),
                ],
            ),
        ]),
        # Counting must not wait for the disk; losing the counts of a minute in a crash hurts nobody.
        migrations.RunSQL("ALTER TABLE customers_minutecount SET UNLOGGED", migrations.RunSQL.noop),
    ]
