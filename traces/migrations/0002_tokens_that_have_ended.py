"""Tokens that have converted or been dismissed are closed by the first action that did so."""

from django.db import migrations

CLOSE = """
UPDATE campaigns_interaction interaction SET closed_by = first.type
FROM (
    SELECT DISTINCT ON (lower(token)) token, type
    FROM (
        SELECT action.id, action.type, (
            SELECT item ->> 'value' FROM jsonb_array_elements(action.data) WITH ORDINALITY AS items (item, place)
            WHERE item ->> 'name' = 'tracking-token' ORDER BY place LIMIT 1
        ) AS token
        FROM traces_action action WHERE action.type IN ('conversion', 'dismiss')
    ) told
    WHERE token ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    ORDER BY lower(token), id
) first
WHERE interaction.token = first.token::uuid AND interaction.closed_by IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('traces', '0001_initial'),
        ('campaigns', '0012_interaction_closed_by'),
    ]

    operations = [
        migrations.RunSQL(CLOSE, migrations.RunSQL.noop),
    ]
