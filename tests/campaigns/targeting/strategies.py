"""Random customers and targets, drawn from few enough values that they often meet."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from hypothesis import strategies as st

from campaigns.targeting import CustomerFacts
from campaigns.targeting.target_operator import OPERATORS
from customers.field_values.normalized import NormalizedValue, normalize
from tests.campaigns.targeting.population import SCHEMA

VISIT = ("platform", "language", "channel")
# Equal to some eye or some collation, and to no other rule than code points': accents composed and combining, cases,
# beyond the basic plane (which UTF-16 would sort elsewhere), and whatever SQL, LIKE, JSON or arrays could mistake.
STRINGS = (
    *(
        "",
        " ",
        "a",
        "A",
        "b",
        "ab",
        "aB",
        "a b",
        "é",
        "e\u0301",
        "e",
        "ß",
        "ss",
        "z",
        "\uffff",
        "\U0001f600",
        "\U00010000",
    ),
    *("%", "_", "%%", "%s", "a%b", "a_b", "axb", "'", "''", '"', "\\", "\\\\", "\\%", "a\\_b", "{a,b}", "NULL", "null"),
    *("5", "5\n", "-0", "1.5", "1.50", "true", "false", "2020-08-12", "\t", "\u200b"),
)
INTEGERS = (-(2**63), -10, -9, -1, 0, 1, 2, 5, 9, 10, 100, 2**31, 2**53 + 1, 2**63 - 1)
DECIMALS = (
    "-100",
    "-1.5",
    "-1.49",
    "-0.0",
    "0",
    "0.001",
    "1",
    "1.5",
    "1.50",
    "1.51",
    "9",
    "10",
    "10.00",
    "12345678901234567.89",
)
DATES = (date(1, 1, 1), date(999, 12, 31), date(2020, 2, 29), date(2020, 8, 12), date(2020, 10, 1), date(9999, 12, 31))
MOMENTS = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(2020, 8, 12, 17, 45, 48, tzinfo=UTC),
    datetime(2020, 8, 12, 17, 45, 48, 1, tzinfo=UTC),
    datetime(2020, 8, 12, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2020, 10, 1, tzinfo=UTC),
)

TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
ANY_STRING = st.sampled_from(STRINGS) | st.text(TEXT | st.sampled_from("ab%_\\'\""), max_size=4)
RAW: dict[str, st.SearchStrategy[Any]] = {
    "string": ANY_STRING,
    "integer": st.sampled_from(INTEGERS) | st.integers(-20, 20),
    "decimal": st.sampled_from(DECIMALS) | st.decimals(-20, 20, places=2).map(str) | st.integers(-20, 20),
    "boolean": st.booleans(),
    "date": st.sampled_from(DATES).map(date.isoformat),
    "datetime": st.sampled_from(MOMENTS).map(datetime.isoformat),
}
KEPT: dict[str, st.SearchStrategy[NormalizedValue]] = {
    name: raw.map(partial(normalize, name)) for name, raw in RAW.items()
}
# A field's type may have changed since, and a decimal may have come in another scale from before it was kept so.
STRAYS: st.SearchStrategy[NormalizedValue] = st.one_of(*KEPT.values(), st.sampled_from(DECIMALS))
TYPES = {**SCHEMA, "tag": "string", "points": "integer", **dict.fromkeys(VISIT, "string")}


def _attribute(field_type: str) -> st.SearchStrategy[Any]:
    """Mostly a value of the type, at times a stray, null, or (`...`) nothing at all."""
    usual = KEPT[field_type]
    return st.one_of(usual, usual, usual, STRAYS, st.none(), st.just(...))


def customers() -> st.SearchStrategy[CustomerFacts]:
    """Draw one customer."""
    attributes = st.fixed_dictionaries({name: _attribute(field_type) for name, field_type in SCHEMA.items()})
    visit = st.just("") | ANY_STRING
    return st.builds(
        CustomerFacts,
        attributes=attributes.map(lambda drawn: {name: value for name, value in drawn.items() if value is not ...}),
        tags=st.frozensets(ANY_STRING, max_size=3),
        points=st.sampled_from(INTEGERS) | st.integers(-20, 20),
        platform=visit,
        language=visit,
        channel=visit,
    )


def _operators(attribute: str) -> list[str]:
    if attribute == "tag" or TYPES[attribute] == "boolean":
        return ["in", "not_in", "exists", "not_exists"]
    return [name for name in OPERATORS if name != "contains" or TYPES[attribute] == "string"]


@st.composite
def targets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one target that the schema allows."""
    attribute = draw(st.sampled_from(sorted(TYPES)))
    operator = draw(st.sampled_from(_operators(attribute)))
    smallest, largest = {"exists": (0, 0), "not_exists": (0, 0), "between": (2, 2)}.get(operator, (1, 4))
    values = draw(st.lists(KEPT[TYPES[attribute]], min_size=smallest, max_size=largest))
    if operator == "between":
        values.sort(key=float if TYPES[attribute] == "decimal" else None)
    return {"attribute": attribute, "operator": operator, "values": values}
