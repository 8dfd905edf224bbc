"""A level's targets, read for every dialect, and replaced as a whole."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from campaigns.models import AdBundle, AdGroup, AdTarget
from campaigns.targeting import Condition, parse_targets
from customers.errors import ErrorCollector
from customers.models import Organization
from customers.schema.fields import hold_schema

# Targets of one owner in their order, as the text of a JSON array; null where there is none.
MEMBERS = """json_agg(
    json_build_object('attribute', attribute, 'operator', operator, 'values', "values") ORDER BY position
)::text"""
# The name of the owner's column is put in from the code, never from a caller.
OF_MANY = f"""
SELECT {{owner}}_id, {MEMBERS} FROM campaigns_adtarget WHERE {{owner}}_id = ANY(%s::bigint[]) GROUP BY {{owner}}_id
"""  # noqa: S608


def targets_of(owner: str, reference: str) -> ArraySubquery:
    """An annotation: the targets of a row's bundle or group as `{attribute, operator, values}`, in their order.

    `owner` is the target's foreign key (`bundle` or `creative_group`), `reference` where the outer row has its value.
    """
    members: Any = JSONObject(attribute=F("attribute"), operator=F("operator"), values=F("values"))
    targets = AdTarget.objects.filter(**{owner: OuterRef(reference)}).order_by("position")
    return ArraySubquery(targets.values(target=members))


def targets_of_many(owner: str, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The same for many bundles or groups at once, by their ids; who has none is absent."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OF_MANY.format(owner=owner), [ids])
        return {owner_id: orjson.loads(targets) for owner_id, targets in cursor.fetchall()}


def read_targets(*, organization: Organization, targets: object, errors: ErrorCollector) -> Sequence[Condition]:
    """Check targets against the customer schema; each one that is refused is gathered by its index. None is none."""
    if targets is None:
        return ()
    with errors.collecting():
        return parse_targets(targets, hold_schema(organization=organization))
    return ()


def replace_targets(*, owner: AdBundle | AdGroup, conditions: Sequence[Condition]) -> None:
    """Make these the targets of a bundle or a group."""
    link = {"bundle": owner} if isinstance(owner, AdBundle) else {"creative_group": owner}
    AdTarget.objects.filter(**link).delete()
    AdTarget.objects.bulk_create(
        AdTarget(organization_id=owner.organization_id, position=position, **link, **condition.as_target())
        for position, condition in enumerate(conditions)
    )
