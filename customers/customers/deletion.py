"""Deleting customers with everything that belongs to them, in a fixed number of statements."""

from collections.abc import Collection

from django.db import connection, transaction

from customers.customers.merging import begin_merge, owned_models
from customers.models import Customer, Organization
from customers.models.customer_owned import LockOrder

# Tells those who add rows without a foreign key to customers that some may be gone.
MARK_DELETION = "UPDATE customers_organization SET customers_deleted_at = clock_timestamp() WHERE id = %s::bigint"


@transaction.atomic
def delete_customers(*, organization: Organization, customer_ids: Collection[int]) -> int:
    """Delete customers of an organization by primary key; returns how many there were.

    Their history, counters, offers, visits, former ids and recipients are deleted too, and counts of these (a
    delivery's recipients, an offer's issued ones) are lowered. Locks are taken in the order in which merges take them.
    """
    begin_merge(organization_id=organization.pk)
    rows = Customer.objects.select_for_update().filter(organization=organization, id__in=customer_ids).order_by("pk")
    ids = [customer.pk for customer in rows.only("pk")]
    owned = owned_models()
    for model in [model for model in owned if model.lock_order < LockOrder.RECIPIENTS]:
        model.delete_rows(customer_ids=ids)
    with connection.cursor() as cursor:
        cursor.execute(MARK_DELETION, [organization.pk])
    for model in [model for model in owned if model.lock_order >= LockOrder.RECIPIENTS]:
        model.delete_rows(customer_ids=ids)
    Customer.objects.filter(pk__in=ids)._raw_delete(Customer.objects.db)
    return len(ids)
