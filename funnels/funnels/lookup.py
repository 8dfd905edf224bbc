"""Funnels of campaigns: what decisions show of them, and their steps ready to be walked."""

import uuid
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from psycopg import sql

from campaigns.models import AdCampaign
from customers.field_values.normalized import to_text
from customers.field_values.sql import digest_expression, text_expression
from customers.models import Customer
from funnels.funnels.engine import Graph, parse_steps
from funnels.models import Funnel, FunnelEntry, FunnelVersion

# Versions never change: a compiled one never becomes stale.
KEPT_VERSIONS = 1024
# The organization and the field stand in the statement itself, so that the index of a unique field serves it.
CUSTOMERS_SHARING_VALUE = """
SELECT id, external_id FROM customers_customer
WHERE organization_id = {organization} AND {stored} = {given} AND id <> %s::bigint ORDER BY id LIMIT 10
"""


# Names are unique among living campaigns today; should several have one, it names none of them.
CAMPAIGNS_OF_NAME = """
SELECT campaign.id FROM traces_trail trail JOIN traces_trace trace ON trace.id = trail.trace_id
JOIN campaigns_adcampaign campaign ON campaign.organization_id = trace.organization_id AND campaign.deleted_at IS NULL
WHERE trail.uuid = %s::uuid AND campaign.name = %s::varchar LIMIT 2
"""


def campaign_id_of(*, trail_id: uuid.UUID | None, named: int | str) -> int:
    """The id of the campaign that a caller names by its id or, in the trail's organization, by its name; 0 for none."""
    if isinstance(named, int):
        return named
    if "\x00" in named:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(CAMPAIGNS_OF_NAME, [trail_id, named])
        found = cursor.fetchall()
    return int(found[0][0]) if len(found) == 1 else 0


@dataclass(frozen=True, slots=True)
class FunnelSummary:
    """The funnel object of a banner or popup (contract 3); the defaults are those of a campaign without a funnel."""

    style: str = ""
    allow_dismiss: bool = True
    landing_page: bool = False
    always_use_landing: bool = False
    show_progress_bar: bool = True
    new_window: bool = False

    def as_members(self) -> dict[str, str | bool]:
        """The members as both formats show them, misspelt one included (contract 4, "misspelt names")."""
        return {
            "style": self.style,
            "allow-dismiss": self.allow_dismiss,
            "landing-page": self.landing_page,
            "always-use-landing": self.always_use_landing,
            "show-progress-bar": self.show_progress_bar,
            "new-widow": self.new_window,
            "new-window": self.new_window,
        }


NO_FUNNEL = FunnelSummary()


def funnel_summary(funnel: Funnel) -> FunnelSummary:
    """What is shown of a campaign's funnel; `NO_FUNNEL` goes for a campaign without one."""
    return FunnelSummary(
        style=funnel.style,
        allow_dismiss=funnel.allow_dismiss,
        landing_page=bool(funnel.landing_page),
        always_use_landing=funnel.always_use_landing,
        show_progress_bar=funnel.show_progress_bar,
        new_window=funnel.new_window,
    )


def find_funnel(*, campaign: AdCampaign) -> Funnel | None:
    """A campaign's funnel, or None."""
    return Funnel.objects.filter(campaign=campaign).select_related("version").first()


@lru_cache(maxsize=KEPT_VERSIONS)
def get_graph(version_id: int) -> Graph:
    """The steps of a version, by the types that its fields had when it was saved."""
    definition = FunnelVersion.objects.values_list("definition", flat=True).get(pk=version_id)
    return parse_steps(definition["steps"], definition["types"])


def find_customers_sharing_value(*, entry: FunnelEntry, name: str) -> list[Customer]:
    """The other customers who have the value that was captured of a field; ten at most."""
    statement = sql.SQL(CUSTOMERS_SHARING_VALUE).format(
        organization=sql.Literal(entry.organization_id),
        stored=sql.SQL(digest_expression(text_expression(name, "customers_customer"))),
        given=sql.SQL(digest_expression("%s::text")),
    )
    return list(Customer.objects.raw(statement.as_string(), [to_text(entry.data.get(name)), entry.customer_id]))
