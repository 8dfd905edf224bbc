"""Deleting customers: with everything that hangs on them, in a fixed number of statements, or not at all."""

from collections.abc import Collection

from django.db import connection, transaction

from customers.customers.identity import begin_merge, owned_models
from customers.models import Customer, Organization
from customers.models.customer_owned import Turn

# For whoever adds rows of customers without foreign keys, and may not have seen that they are gone.
NOTE = "UPDATE customers_organization SET customers_deleted_at = clock_timestamp() WHERE id = %s::bigint"


@transaction.atomic
def delete_customers(*, organization: Organization, customer_ids: Collection[int]) -> int:
    """Delete customers of an organization by their rows' ids; how many there were.

    Their history, counters, offers, visits, former ids and places in audiences go with them, and what is counted of
    those (a delivery's recipients, an offer's issued ones) is lowered by as many. Locks are taken as merges take them.
    """
    begin_merge(organization_id=organization.pk)
    rows = Customer.objects.select_for_update().filter(organization=organization, id__in=customer_ids).order_by("pk")
    ids = [customer.pk for customer in rows.only("pk")]
    owned = owned_models()
    for model in [model for model in owned if model.turn < Turn.RECIPIENTS]:
        model.delete_rows(customer_ids=ids)
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [organization.pk])
    for model in [model for model in owned if model.turn >= Turn.RECIPIENTS]:
        model.delete_rows(customer_ids=ids)
    Customer.objects.filter(pk__in=ids)._raw_delete(Customer.objects.db)  # noqa: SLF001 (nothing hangs on them now)
    return len(ids)
