"""Unique indexes are made beside the traffic, under names that tell what they are on; those that stand keep standing."""

import hashlib

from django.db import migrations, models

INDEXES = """
SELECT field.id, field.name, class.relname FROM customers_customerfield field
JOIN pg_class class ON class.relname = 'customer_field_' || field.id || '_unique' WHERE field."unique"
"""


def take_indexes_over(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(INDEXES)
        for field_id, name, index in cursor.fetchall():
            digest = hashlib.sha256(f"(customers_customer.attributes->>'{name}')".encode()).hexdigest()[:8]
            cursor.execute(f'ALTER INDEX "{index}" RENAME TO "{index}_{digest}"')
            cursor.execute("UPDATE customers_customerfield SET unique_since = now() WHERE id = %s", [field_id])


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_retention'),
    ]

    operations = [
        migrations.AddField(
            model_name='customerfield',
            name='unique_problem',
            field=models.CharField(db_default='', default='', editable=False, help_text='Why a field that was marked is not unique.', max_length=255),
        ),
        migrations.AddField(
            model_name='customerfield',
            name='unique_since',
            field=models.DateTimeField(editable=False, help_text='Since when the index stands, and no value can be shared any more.', null=True),
        ),
        migrations.AlterField(
            model_name='customerfield',
            name='unique',
            field=models.BooleanField(default=False, help_text='No two customers of the organization share a value, once its index stands.'),
        ),
        migrations.RunPython(take_indexes_over, migrations.RunPython.noop),
    ]
