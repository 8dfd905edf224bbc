"""Which campaigns changed since a version of an organization's definitions, told by what the raises of its stamp mark.

The marks name rows; which campaigns these belong to is looked up in the reader's own snapshot. So it doesn't matter
which of two writers was first: a row that has moved since is found where it is now, and whoever moved it has marked
what it left.
"""

from collections.abc import Sequence
from typing import Any

# The labels of which CAMPAIGNS knows what hangs on them; offers and spend limits are in no definition.
LABELS = (
    "campaigns.adcampaign",
    "campaigns.adbundle",
    "campaigns.adlineitem",
    "campaigns.adgroup",
    "campaigns.adunit",
    "campaigns.achievement",
    "campaigns.spendlimit",
    "campaigns.offer",
)
# The apps whose rows campaigns are compiled from: what the apps above mark is no concern of theirs.
APPS = ("campaigns", "customers", "everything")
# Parameters: `organization`, `since` (a version).
CHANGES = """
changes AS (
    SELECT marks FROM customers_definitionchange
    WHERE organization_id = %(organization)s::bigint AND version > %(since)s::bigint
), marked AS (
    SELECT DISTINCT mark.key AS label, id.value::bigint AS id
    FROM changes, jsonb_each(marks) mark, jsonb_array_elements_text(mark.value) id
)"""
# All that is marked, by label; the arrays are found once, so that what they name is looked up by index.
MARKED = "ANY(ARRAY(SELECT id FROM marked WHERE label = '{label}'))"
CAMPAIGNS = f"""
campaigns AS (
    SELECT id FROM marked WHERE label = 'campaigns.adcampaign'
    UNION SELECT campaign_id FROM campaigns_adbundle WHERE id = {MARKED.format(label="campaigns.adbundle")}
    UNION SELECT campaign_id FROM campaigns_adlineitem WHERE id = {MARKED.format(label="campaigns.adlineitem")}
    UNION SELECT line_item.campaign_id FROM campaigns_adgroup part
        JOIN campaigns_adlineitem line_item ON line_item.id = part.line_item_id
        WHERE part.id = {MARKED.format(label="campaigns.adgroup")}
    UNION SELECT line_item.campaign_id FROM campaigns_adunit unit
        JOIN campaigns_adgroup part ON part.id = unit.group_id
        JOIN campaigns_adlineitem line_item ON line_item.id = part.line_item_id
        WHERE unit.id = {MARKED.format(label="campaigns.adunit")}
    UNION SELECT campaign_id FROM campaigns_achievement WHERE id = {MARKED.format(label="campaigns.achievement")}
)"""  # noqa: S608 (put together from constants)
# Whether the marks tell all that may have changed: one row for each version, and no label that nobody knows.
IS_KNOWN = """(
    (SELECT count(*) FROM changes) = organization.version - %(since)s::bigint
    AND NOT EXISTS (
        SELECT FROM changes, jsonb_object_keys(marks) label
        WHERE label <> ALL(%(labels)s::text[]) AND split_part(label, '.', 1) = ANY(%(apps)s::text[]))
)"""


def since(
    organization_id: int, version: int, *, labels: Sequence[str] = (), apps: Sequence[str] = ()
) -> dict[str, Any]:
    """The parameters of these parts of statements; `labels` and `apps` are those that a caller knows beside these."""
    return {
        "organization": organization_id,
        "since": version,
        "labels": [*LABELS, *labels],
        "apps": [*APPS, *apps],
    }
