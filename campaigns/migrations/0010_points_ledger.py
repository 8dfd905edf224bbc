"""Points that no entry of the ledger explains (typed into the admin, generated) get an opening entry."""

from django.db import migrations

OPEN = """
INSERT INTO campaigns_pointsentry (organization_id, customer_id, amount, at, key, note)
SELECT customer.organization_id, customer.id, customer.points - COALESCE(booked.amount, 0), now(),
    'opening:' || customer.id, 'opening balance'
FROM customers_customer customer LEFT JOIN (
    SELECT customer_id, sum(amount)::bigint AS amount FROM campaigns_pointsentry GROUP BY customer_id
) booked ON booked.customer_id = customer.id
WHERE customer.points <> COALESCE(booked.amount, 0)
ORDER BY customer.id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0009_channels'),
    ]

    operations = [
        migrations.RunSQL(OPEN, migrations.RunSQL.noop),
    ]
