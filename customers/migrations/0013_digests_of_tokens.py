"""Push tokens are unique by their digest: some are longer than an index's entry may be."""

from django.db import migrations, models

from customers.field_values.sql import digest_expression
from customers.models.text_digest import TextDigest

MAKE = f"""
CREATE UNIQUE INDEX CONCURRENTLY push_token_digest ON customers_pushtoken (application_id, {digest_expression("token")})
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("customers", "0012_rows_of_one_organization"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                # What was left of an attempt that was cut off.
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS push_token_digest", migrations.RunSQL.noop),
                migrations.RunSQL(MAKE, migrations.RunSQL.noop),
                migrations.RunSQL(
                    "ALTER TABLE customers_pushtoken DROP CONSTRAINT IF EXISTS push_token_unique", migrations.RunSQL.noop
                ),
                migrations.RunSQL(
                    "ALTER INDEX push_token_digest RENAME TO push_token_unique", migrations.RunSQL.noop
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint("pushtoken", "push_token_unique"),
                migrations.AddConstraint(
                    "pushtoken",
                    models.UniqueConstraint("application", TextDigest("token"), name="push_token_unique"),
                ),
            ],
        ),
    ]
