"""Which campaigns changed since a version of an organization's definitions, by the rows that each new version marks.

Which campaigns these rows belong to is looked up in the reader's own snapshot. So the order of two writers doesn't
matter: a row that has moved since is found where it is now, and the writer that moved it has marked what it left.
"""

from collections.abc import Sequence

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# The labels whose campaigns CAMPAIGNS finds; offers and spend limits are in no definition.
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
# The apps whose rows campaigns are compiled from; marks of other apps don't matter here.
APPS = ("campaigns", "customers", "everything")
CHANGES = SQL("changes")
# All marked ids of a label, as an array that is evaluated once, so that the rows are looked up by index.
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
    """The parameters of these fragments; `labels` and `apps` are those that the caller handles in addition."""
    return {
        "organization": organization_id,
        "since": version,
        "labels": [*LABELS, *labels],
        "apps": [*APPS, *apps],
    }
