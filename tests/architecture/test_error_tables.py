"""Every dialect knows how to answer every kind of error."""

from collections.abc import Mapping

import pytest

from campaigns.api.errors import STATUS_BY_KIND as MANAGEMENT
from customers.errors import ErrorKind
from funnels.api.views.pages import SyncPage
from marketing_solutions.api.errors import STATUS_BY_KIND as MARKETING_SOLUTIONS
from traces.wire.errors import STATUS_BY_KIND as TRACE


@pytest.mark.parametrize("table", [MANAGEMENT, MARKETING_SOLUTIONS, TRACE, SyncPage.status_by_kind])
def test_a_table_of_errors_covers_every_kind(table: Mapping[ErrorKind, object]) -> None:
    assert set(table) == set(ErrorKind)
