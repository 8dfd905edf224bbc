"""Which campaigns changed since a version of an organization's definitions, told by what the raises of its stamp mark.

The marks name rows; which campaigns these belong to is looked up in the reader's own snapshot. So it doesn't matter
which of two writers was first: a row that has moved since is found where it is now, and whoever moved it has marked
what it left.
"""

from collections.abc import Sequence

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

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
CHANGES = SQL("changes")
# All that is marked, by label; the arrays are found once, so that what they name is looked up by index.
MARKED = "ANY(ARRAY(SELECT id FROM marked WHERE label = '{label}'))"
CAMPAIGNS = SQL(
    "changed_campaigns",
    bundles=MARKED.format(label="campaigns.adbundle"),
    line_items=MARKED.format(label="campaigns.adlineitem"),
    groups=MARKED.format(label="campaigns.adgroup"),
    creatives=MARKED.format(label="campaigns.adunit"),
    behaviors=MARKED.format(label="campaigns.achievement"),
)
IS_KNOWN = SQL("is_known")


def since(
    organization_id: int, version: int, *, labels: Sequence[str] = (), apps: Sequence[str] = ()
) -> dict[str, int | list[str]]:
    """The parameters of these parts of statements; `labels` and `apps` are those that a caller knows beside these."""
    return {
        "organization": organization_id,
        "since": version,
        "labels": [*LABELS, *labels],
        "apps": [*APPS, *apps],
    }
