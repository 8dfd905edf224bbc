"""A level's targets, read for all dialects, and replaced as a whole."""

from collections.abc import Sequence

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from campaigns.models import AdBundle, AdGroup, AdTarget
from campaigns.targeting import Condition, parse_targets
from customers.errors import ErrorCollector
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.schema.fields import hold_schema

SQL = NamedSQL(__file__)

TARGETS_AS_JSON = SQL("targets_as_json")
FIND_TARGETS_OF_GROUPS = SQL("find_targets_of_groups", targets=TARGETS_AS_JSON)


def targets_of(owner: str, reference: str) -> ArraySubquery:
    """An annotation: the targets of a row's bundle or group as `{attribute, operator, values}`, in their order.

    `owner` is the target's foreign key (`bundle` or `creative_group`), `reference` where the outer row has its value.
    """
    members: object = JSONObject(attribute=F("attribute"), operator=F("operator"), values=F("values"))
    targets = AdTarget.objects.filter(**{owner: OuterRef(reference)}).order_by("position")
    return ArraySubquery(targets.values(target=members))


def targets_of_groups(group_ids: Sequence[int]) -> dict[int, list[dict[str, object]]]:
    """The same of many groups at once, by their ids; groups without targets are absent."""
    if not group_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND_TARGETS_OF_GROUPS, [list(group_ids)])
        return {group_id: orjson.loads(targets) for group_id, targets in cursor.fetchall()}


def read_targets(*, organization: Organization, targets: object, errors: ErrorCollector) -> Sequence[Condition]:
    """Check targets against the customer schema; errors are collected by index. None means no targets."""
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
