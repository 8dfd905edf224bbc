"""What the contracts call a delivery, a recipient and a creative is called so in the database; no row is written.

Nobody who runs an older version can work with these tables: stop workers and web servers before this one (CHANGELOG).
"""

import campaigns.models.destination_kind
import django.db.models.deletion
from django.db import migrations, models

from customers.squashed import SeparateTogether
from customers.tenancy import WatchedInOrganization

# Names that PostgreSQL and Django made of the former ones: constraints, indexes, sequences and triggers of our tables.
RENAME = """
DO $$
DECLARE
    one record;
    words text[] := ARRAY[
        'campaigns_audiencejob', 'campaigns_delivery', 'campaigns_audiencejo', 'campaigns_delivery',
        'campaigns_audiencemember', 'campaigns_recipient', 'campaigns_earning', 'campaigns_completion',
        'campaigns_countedevent', 'campaigns_goalprogressevent', 'campaigns_countedeve_', 'campaigns_goalprogressevent_',
        'earning_newest_first', 'completion_newest_first', 'earning_waiting', 'completion_waiting',
        'counted_event_', 'goal_progress_event_', 'campaigns_eventoutcome', 'campaigns_triggeredevent',
        'audience_job_', 'delivery_', 'audience_member_', 'recipient_', '_job_id', '_delivery_id',
        '_unit_id', '_creative_id', 'unit_delivery_is_defined', 'creative_delivery_is_defined',
        'unit_types_belong_together', 'creative_types_belong_together',
        'unit_one_living_per_group', 'creative_one_living_per_group', 'earning_id', 'completion_id',
        'campaigns_adunit_group_id', 'campaigns_adunit_creative_group_id',
        'campaigns_adtarget_group_id', 'campaigns_adtarget_creative_group_id'];
    renamed text;
BEGIN
    FOR one IN
        SELECT 'CONSTRAINT' AS kind, conname::text AS name, conrelid::regclass AS owner FROM pg_constraint
        WHERE conrelid IN (SELECT oid FROM pg_class WHERE relname LIKE 'campaigns\\_%')
        UNION ALL
        SELECT 'TRIGGER', tgname::text, tgrelid::regclass FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class WHERE relname LIKE 'campaigns\\_%')
    LOOP
        renamed := one.name;
        FOR place IN 1 .. array_length(words, 1) BY 2 LOOP
            renamed := replace(renamed, words[place], words[place + 1]);
        END LOOP;
        IF renamed <> one.name THEN
            EXECUTE format(CASE one.kind WHEN 'TRIGGER' THEN 'ALTER TRIGGER %I ON %s RENAME TO %I'
                ELSE 'ALTER TABLE %2$s RENAME CONSTRAINT %1$I TO %3$I' END, one.name, one.owner, left(renamed, 63));
        END IF;
    END LOOP;
    FOR one IN
        SELECT class.oid::regclass AS owner, class.relname::text AS name, class.relkind AS kind FROM pg_class class
        WHERE class.relkind IN ('i', 'S') AND class.relnamespace = current_schema()::regnamespace
    LOOP
        renamed := one.name;
        FOR place IN 1 .. array_length(words, 1) BY 2 LOOP
            renamed := replace(renamed, words[place], words[place + 1]);
        END LOOP;
        IF renamed <> one.name THEN
            EXECUTE format('ALTER %s %s RENAME TO %I', CASE one.kind WHEN 'i' THEN 'INDEX' ELSE 'SEQUENCE' END,
                one.owner, left(renamed, 63));
        END IF;
    END LOOP;
END $$
"""
# Rights that operators were given are rights to the same rows.
PERMISSIONS = """
UPDATE auth_permission SET codename = regexp_replace(codename, '_[a-z]+$', '_' || model.new),
    name = regexp_replace(name, 'audience job|audience member|earning|counted event|event outcome', model.title)
FROM django_content_type type JOIN (VALUES ('delivery', 'audiencejob', 'delivery'), ('recipient', 'audiencemember',
    'recipient'), ('completion', 'earning', 'completion'), ('goalprogressevent', 'countedevent', 'goal progress event'),
    ('triggeredevent', 'eventoutcome', 'triggered event')) AS model (new, old, title) ON model.new = type.model
WHERE auth_permission.content_type_id = type.id AND type.app_label = 'campaigns'
AND auth_permission.codename LIKE '%' || model.old
"""
TRIGGERS = """
DROP TRIGGER campaigns_audiencemember_added ON campaigns_audiencemember;
DROP TRIGGER campaigns_audiencemember_moved ON campaigns_audiencemember;
DROP TRIGGER campaigns_audiencejob_stays ON campaigns_audiencejob
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0023_rows_of_one_organization")]

    operations = [
        migrations.RunSQL(TRIGGERS),
        migrations.RenameModel("AudienceJob", "Delivery"),
        migrations.RenameModel("AudienceMember", "Recipient"),
        migrations.RenameModel("Earning", "Completion"),
        migrations.RenameModel("CountedEvent", "GoalProgressEvent"),
        migrations.RenameModel("EventOutcome", "TriggeredEvent"),
        migrations.RenameField("delivery", "unit", "creative"),
        migrations.RenameField("audiencechunk", "job", "delivery"),
        migrations.RenameField("recipient", "job", "delivery"),
        migrations.RenameField("recipient", "unit", "creative"),
        migrations.RenameField("outcome", "unit", "creative"),
        migrations.RenameField("pointsentry", "earning", "completion"),
        SeparateTogether(
            state_operations=[
                migrations.RemoveConstraint(
                    model_name='adunit',
                    name='unit_one_living_per_group',
                ),
                migrations.RemoveConstraint(
                    model_name='adunit',
                    name='unit_types_belong_together',
                ),
                migrations.RemoveConstraint(
                    model_name='adunit',
                    name='unit_delivery_is_defined',
                ),
                migrations.RemoveConstraint(
                    model_name='adtarget',
                    name='target_of_bundle_or_group',
                ),
                migrations.RemoveConstraint(
                    model_name='adtarget',
                    name='target_position_in_group',
                ),
                migrations.RemoveConstraint(
                    model_name='audiencechunk',
                    name='audience_chunk_number',
                ),
                migrations.RemoveConstraint(
                    model_name='delivery',
                    name='audience_job_state',
                ),
                migrations.RemoveConstraint(
                    model_name='delivery',
                    name='audience_job_once_per_occurrence',
                ),
                migrations.RemoveConstraint(
                    model_name='outcome',
                    name='outcome_is_one_thing',
                ),
                migrations.RemoveConstraint(
                    model_name='recipient',
                    name='audience_member_once',
                ),
                migrations.RemoveConstraint(
                    model_name='recipient',
                    name='audience_member_state',
                ),
                migrations.RemoveIndex(
                    model_name='audiencechunk',
                    name='audience_chunk_to_do',
                ),
                migrations.RemoveIndex(
                    model_name='recipient',
                    name='audience_member_pending',
                ),
                migrations.RemoveIndex(
                    model_name='recipient',
                    name='audience_member_triggered',
                ),
            ],
        ),
        migrations.RenameField("adunit", "group", "creative_group"),
        migrations.RenameField("adtarget", "group", "creative_group"),
        migrations.RenameField("destination", "sealed_secrets", "encrypted_secrets"),
        # Kinds are declared by the ways out: a new one needs no migration.
        migrations.RemoveConstraint(model_name="destination", name="destination_kind"),
        migrations.AlterField(
            model_name="destination",
            name="kind",
            field=models.CharField(choices=campaigns.models.destination_kind.kind_choices, max_length=32),
        ),
        migrations.AddConstraint(
            model_name="destination",
            constraint=models.CheckConstraint(condition=models.Q(kind__regex="^[a-z][a-z0-9_]*$"), name="destination_kind"),
        ),
        migrations.RenameField("audiencechunk", "lease", "lease_token"),
        migrations.RenameField("delivery", "lease", "lease_token"),
        migrations.RenameField("recipient", "lease", "lease_token"),
        SeparateTogether(
            database_operations=[migrations.RunSQL(RENAME), migrations.RunSQL(PERMISSIONS)],
            # Options and the names of relations exist in Python only.
            state_operations=[
                migrations.AlterModelOptions(
                    name='delivery',
                    options={'ordering': ['-id'], 'verbose_name_plural': 'deliveries'},
                ),
                migrations.AlterModelOptions(
                    name='audiencechunk',
                    options={'ordering': ['delivery_id', 'number']},
                ),
                migrations.AlterField(
                    model_name='adunit',
                    name='achievement',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='triggered_creatives', to='campaigns.achievement'),
                ),
                migrations.AlterField(
                    model_name='adunit',
                    name='creative_group',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='creatives', to='campaigns.adgroup', verbose_name='group'),
                ),
                migrations.AlterField(
                    model_name='adtarget',
                    name='creative_group',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='campaigns.adgroup', verbose_name='group'),
                ),
                migrations.AlterField(
                    model_name='completion',
                    name='achievement',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='completions', to='campaigns.achievement'),
                ),
                migrations.AlterField(
                    model_name='delivery',
                    name='campaign',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='campaigns.adcampaign'),
                ),
                migrations.AlterField(
                    model_name='delivery',
                    name='creative',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='campaigns.adunit'),
                ),
                migrations.AlterField(
                    model_name='goalprogressevent',
                    name='goal',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='progress_events', to='campaigns.achievement'),
                ),
                migrations.RenameIndex(
                    model_name='completion',
                    new_name='completion_newest_first',
                    old_name='earning_newest_first',
                ),
                migrations.RenameIndex(
                    model_name='completion',
                    new_name='completion_waiting',
                    old_name='earning_waiting',
                ),
                migrations.RenameIndex(
                    model_name='delivery',
                    new_name='delivery_newest_first',
                    old_name='audience_job_newest_first',
                ),
                migrations.RenameIndex(
                    model_name='delivery',
                    new_name='delivery_by_state',
                    old_name='audience_job_by_state',
                ),
                migrations.RenameIndex(
                    model_name='delivery',
                    new_name='delivery_owes_caps',
                    old_name='audience_job_owes_caps',
                ),
                migrations.RenameIndex(
                    model_name='delivery',
                    new_name='delivery_moving',
                    old_name='audience_job_moving',
                ),
                migrations.RenameIndex(
                    model_name='delivery',
                    new_name='delivery_unsettled',
                    old_name='audience_job_unsettled',
                ),
                migrations.RenameIndex(
                    model_name='delivery',
                    new_name='delivery_finished',
                    old_name='audience_job_finished',
                ),
                migrations.RenameIndex(
                    model_name='goalprogressevent',
                    new_name='goal_progress_event_of_goal',
                    old_name='counted_event_of_goal',
                ),
                migrations.RenameIndex(
                    model_name='goalprogressevent',
                    new_name='goal_progress_event_open',
                    old_name='counted_event_open',
                ),
                migrations.RenameIndex(
                    model_name='recipient',
                    new_name='recipient_leased',
                    old_name='audience_member_leased',
                ),
                migrations.AddIndex(
                    model_name='audiencechunk',
                    index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['delivery'], name='audience_chunk_to_do'),
                ),
                migrations.AddIndex(
                    model_name='recipient',
                    index=models.Index(condition=models.Q(('state', 'pending')), fields=['delivery', 'due_at'], name='recipient_pending'),
                ),
                migrations.AddIndex(
                    model_name='recipient',
                    index=models.Index(condition=models.Q(('delivery__isnull', True), ('state', 'pending')), fields=['creative', 'due_at'], name='recipient_triggered'),
                ),
                migrations.AddConstraint(
                    model_name='adunit',
                    constraint=models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True)), fields=('creative_group',), name='creative_one_living_per_group'),
                ),
                migrations.AddConstraint(
                    model_name='adunit',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('ad_type', 'issue_audience_csv'), ('creative_type__in', ('issue-audience-csv',))), models.Q(('ad_type', 'issue_audience_csv_no_msg'), ('creative_type__in', ('issue-audience-csv-no-msg',))), models.Q(('ad_type', 'issue_bulk_offer'), ('creative_type__in', ('issue-bulk-offer',))), models.Q(('ad_type', 'audience_export'), ('creative_type__in', ('audience-export-airship', 'audience-export-cheetah', 'audience-export-s3', 'audience-export-facebook'))), models.Q(('ad_type', 'messaging_platform'), ('creative_type__in', ('messaging-platform-external',))), models.Q(('ad_type', 'email_message'), ('creative_type__in', ('messaging-platform-email',))), models.Q(('ad_type', 'push_message'), ('creative_type__in', ('messaging-platform-push',))), _connector='OR'), name='creative_types_belong_together'),
                ),
                migrations.AddConstraint(
                    model_name='adunit',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('delivery_method', 'scheduled'), ('scheduled_delivery_date__isnull', False)), models.Q(('achievement__isnull', False), ('delivery_method', 'triggered')), _connector='OR'), name='creative_delivery_is_defined'),
                ),
                migrations.AddConstraint(
                    model_name='adtarget',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('bundle__isnull', True), ('creative_group__isnull', False)), models.Q(('bundle__isnull', False), ('creative_group__isnull', True)), _connector='OR'), name='target_of_bundle_or_group'),
                ),
                migrations.AddConstraint(
                    model_name='adtarget',
                    constraint=models.UniqueConstraint(fields=('creative_group', 'position'), name='target_position_in_group'),
                ),
                migrations.AddConstraint(
                    model_name='audiencechunk',
                    constraint=models.UniqueConstraint(fields=('delivery', 'number'), name='audience_chunk_number'),
                ),
                migrations.AddConstraint(
                    model_name='delivery',
                    constraint=models.CheckConstraint(condition=models.Q(('state__in', ['scheduled', 'building', 'built', 'delivering', 'complete', 'paused', 'cancelled', 'skipped', 'failed'])), name='delivery_state'),
                ),
                migrations.AddConstraint(
                    model_name='delivery',
                    constraint=models.UniqueConstraint(condition=models.Q(('state', 'cancelled'), _negated=True), fields=('creative', 'scheduled_for'), name='delivery_once_per_occurrence'),
                ),
                migrations.AddConstraint(
                    model_name='outcome',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('creative__isnull', True), ('event__isnull', True), ('offer__isnull', False)), models.Q(('creative__isnull', False), ('event__isnull', True), ('offer__isnull', True)), models.Q(('creative__isnull', True), ('event__isnull', False), ('offer__isnull', True)), _connector='OR'), name='outcome_is_one_thing'),
                ),
                migrations.AddConstraint(
                    model_name='recipient',
                    constraint=models.UniqueConstraint(fields=('delivery', 'customer'), name='recipient_once'),
                ),
                migrations.AddConstraint(
                    model_name='recipient',
                    constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'leased', 'sent', 'failed', 'skipped', 'ambiguous'])), name='recipient_state'),
                ),
            ],
        ),
        WatchedInOrganization("recipient", "customer", "delivery", "creative"),
    ]
