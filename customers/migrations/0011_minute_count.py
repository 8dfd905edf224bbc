from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0010_application_identity_secret'),
    ]

    operations = [
        migrations.CreateModel(
            name='MinuteCount',
            fields=[
                ('key', models.TextField(primary_key=True, serialize=False)),
                ('minute', models.BigIntegerField()),
                ('number', models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(
            # Counting must not wait for the disk; losing the counts of a minute in a crash hurts nobody.
            "ALTER TABLE customers_minutecount SET UNLOGGED",
            "ALTER TABLE customers_minutecount SET LOGGED",
        ),
    ]
