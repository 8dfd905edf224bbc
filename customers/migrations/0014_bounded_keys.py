"""What is indexed has a bound: keys of counts, too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0013_digests_of_tokens"),
    ]

    operations = [
        migrations.AlterField(
            model_name="minutecount",
            name="key",
            field=models.CharField(max_length=255, primary_key=True, serialize=False),
        ),
    ]
