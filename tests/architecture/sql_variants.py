"""What modules put into the `{places}` of their statements, for the test that has PostgreSQL plan each of them."""

from typing import Any

CUSTOMERS = "customers_customer customer WHERE customer.organization_id = %s::bigint"
RECIPIENTS = {"id": "customer.id", "source": CUSTOMERS, "column": "", "value": ""}
COUNTED = {
    "customers": CUSTOMERS,
    "counting": "capped_count = mine.capped_count + 1",
    "has_room": "mine.capped_count < %s::bigint",
    "insert_recipients": "SELECT customer_id FROM counted",
}
RETENTION = {"table": "campaigns_event", "time": "at", "spare": "true", "join": "", "more": "", "locked": "old"}
VARIANTS: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("campaigns/behaviors/state.sql", "find_histories"): [
        {"parts": "SELECT 1::bigint AS id, now() AS at, 1::numeric AS amount, true AS flag"}
    ],
    ("campaigns/delivery/add_recipients.sql", "insert_recipients"): [RECIPIENTS],
    ("campaigns/delivery/add_recipients.sql", "insert_counted_recipients"): [COUNTED],
    ("campaigns/delivery/audience.sql", "preview_audience"): [
        {"cases": "WHEN NOT customer.consent THEN 0", "last": 1, "all": "customer.consent", "sample": 20}
    ],
    ("campaigns/delivery/control.sql", "find_creative_levels"): [{"level": "creative"}],
    ("campaigns/delivery/exports.sql", "skip_recipients"): [{"error": "''", "delivery": "1", "whom": "true"}],
    ("campaigns/delivery/recipients/claim.sql", "claim_recipients"): [
        {"whose": "recipient.delivery_id = 1", "consent": "customer.email_consent", "tokens": "'[]'"}
    ],
    ("campaigns/delivery/backoff.sql", "end_recipient_backoff"): [{"whose": "recipient.delivery_id = 1"}],
    ("campaigns/schedule/synchronise.sql", "update_deliveries"): [
        {"level": level} for level in ("campaign", "line_item", "creative_group", "creative")
    ],
    ("campaigns/schedule/synchronise.sql", "make_deliveries"): [{"level": "creative"}],
    ("config/retention/kinds.sql", "delete_old_rows"): [
        {**RETENTION, "mark": "", "end": ""},
        {**RETENTION, "mark": "", "end": "OR max(at) >= %(before)s::timestamptz"},
    ],
    ("config/verification/caps.sql", "find_exceeded_behavior_caps"): [
        {"within": "in all", "cap": "behavior.max_times_achievable", "period": "1"},
        {
            "within": "in a month",
            "cap": "behavior.max_times_achievable_per_month",
            "period": "date_trunc('month', completion.at AT TIME ZONE organization.time_zone)",
        },
    ],
    ("config/verification/deliveries.sql", "find_wrong_delivery_counts"): [
        {"shown": "sent %%s", "stored": "delivery.sent", "actual": "COALESCE(recipient.sent, 0)", "sums": "1 AS sent"}
    ],
    ("config/verification/references.sql", "find_broken_references"): [
        {
            "child": "campaigns_delivery",
            "child_key": "id",
            "column": "creative_id",
            "parent": "campaigns_adunit",
            "parent_key": "id",
            "owner": "organization_id",
            "unless": "",
        }
    ],
    ("customers/customers/generation.sql", "generate_customers"): [{"tags": "NULL::varchar"}],
    ("marketing_solutions/campaigns.sql", "search_campaigns"): [
        {"of_advertisers": "", "of_ids": ""},
        {
            "of_advertisers": " AND portfolio.advertiser_id = ANY(%(advertisers)s::bigint[])",
            "of_ids": " AND link.campaign_id = ANY(%(ids)s::bigint[])",
        },
    ],
}
