from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0009_customers_deleted_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='sealed_identity_secret',
            field=models.TextField(blank=True, default='', editable=False),
        ),
    ]
