"""Targets as the callers of every dialect read them."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from campaigns.models import AdTarget


def targets_of(owner: str, reference: str) -> ArraySubquery:
    """An annotation: the targets of a row's bundle or group as `{attribute, operator, values}`, in their order.

    `owner` is the target's foreign key (`bundle` or `group`), `reference` where the outer row has its value.
    """
    members: Any = JSONObject(attribute=F("attribute"), operator=F("operator"), values=F("values"))
    targets = AdTarget.objects.filter(**{owner: OuterRef(reference)}).order_by("position")
    return ArraySubquery(targets.values(target=members))
