import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0007_merges_of_customers")]

    operations = [
        migrations.CreateModel(
            name="DefinitionChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.BigIntegerField()),
                ("marks", models.JSONField()),
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
                "ordering": ["organization_id", "version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "version"), name="definition_change_one_per_version"
                    )
                ],
            },
        ),
    ]
