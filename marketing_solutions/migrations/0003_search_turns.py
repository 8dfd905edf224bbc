import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0009_customers_deleted_at"),
        ("marketing_solutions", "0002_dialect"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField()),
                ("lease", models.BigIntegerField()),
                ("ends_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["organization_id", "place"],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "place"), name="search_turn_place_once")
                ],
            },
        ),
        migrations.RunSQL(
            # A turn lasts a minute at most: losing those of a crash hurts nobody.
            "ALTER TABLE marketing_solutions_searchturn SET UNLOGGED",
            "ALTER TABLE marketing_solutions_searchturn SET LOGGED",
        ),
    ]
